/**
 * Notebook: cells -> the text of a Databricks notebook in its source form.
 *
 *   in    cells in order, each with a title or not; Markdown beside the notebook's own language
 *   out   a `.sql` or `.py` file: header line, cells, and a separator line between any two
 *
 * Whether a file is a notebook is told by its first line alone. A cell in another language has
 * `MAGIC` before each of its lines.
 *
 * Source: Databricks documentation, "Export and import Databricks notebooks", source format.
 */
export interface Cell {
  /** Shown above the cell. */
  title?: string;
  kind: "code" | "markdown";
  text: string;
}

export type NotebookLanguage = "sql" | "python";

const commentMarks: Readonly<Record<NotebookLanguage, string>> = { sql: "--", python: "#" };

export function markdown(text: string): Cell {
  return { kind: "markdown", text };
}

export function code(title: string, text: string): Cell {
  return { kind: "code", title, text };
}

/** @throws {RangeError} if a line of a cell would be taken for the end of the cell */
export function notebookText(language: NotebookLanguage, cells: readonly Cell[]): string {
  const mark = commentMarks[language];
  const separator = `${mark} COMMAND ----------`;
  const texts = cells.map((cell) => cellText(cell, mark));
  if (texts.some((text) => text.split("\n").some((line) => line.trim() === separator))) {
    throw new RangeError(`A cell of the notebook holds the line ${separator}`);
  }
  return `${mark} Databricks notebook source\n${texts.join(`\n\n${separator}\n\n`)}\n`;
}

function cellText({ title, kind, text }: Cell, mark: string): string {
  const lines = text.trim().split("\n").map((line) => line.trimEnd());
  const body = kind === "code"
    ? lines
    : ["%md", ...lines].map((line) => `${mark} MAGIC ${line}`.trimEnd());
  return [...(title === undefined ? [] : [`${mark} DBTITLE 1,${title}`]), ...body].join("\n");
}
