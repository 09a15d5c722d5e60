/**
 * Report: results, one after the other -> lines for a person.
 *
 *   out   for each failure its place, its name and what differs, as soon as it is known; at the
 *         end one line of counts. What passed is not listed. Colours and the running counter are
 *         for terminals only.
 */
import { type CheckResult, placeOf, type Result } from "./results.ts";
import type { Difference, ShownCell } from "./types.ts";

export interface Paper {
  /** Takes whole lines. */
  print: (text: string) => void;
  isTerminal: boolean;
  /** Takes a line that the next one overwrites; only called on terminals. */
  counter: (text: string) => void;
}

export interface Report {
  add(result: Result): void;
  /** How many of how many things have been looked at. */
  progress(done: number, total: number): void;
  end(result: CheckResult): void;
}

const differencesMax = 20;

export function report(paper: Paper, { showSkipped = false } = {}): Report {
  const paint = painter(paper.isTerminal);
  const clear = () => paper.isTerminal && paper.counter("");
  return {
    add(result) {
      if (result.status === "passed" || (result.status === "skipped" && !showSkipped)) return;
      clear();
      paper.print(paragraph(result, paint));
    },
    progress(done, total) {
      if (paper.isTerminal && done < total) paper.counter(`${done} of ${total}`);
    },
    end(result) {
      clear();
      paper.print(summary(result, paint));
    },
  };
}

type Paint = (colour: "red" | "green" | "yellow" | "grey" | "bold", text: string) => string;

const codes = { red: 31, green: 32, yellow: 33, grey: 90, bold: 1 };

function painter(isTerminal: boolean): Paint {
  if (!isTerminal) return (_, text) => text;
  return (colour, text) => `\x1b[${codes[colour]}m${text}\x1b[0m`;
}

/** Place and name, then the sentence or the differences, then an empty line. */
function paragraph(result: Result, paint: Paint): string {
  const colour = result.status === "failed" ? "red" : "yellow";
  const word = { failed: "FAILED", warning: "warning", skipped: "skipped", passed: "ok" };
  const head = `${paint(colour, word[result.status])}  ${placeOf(result)}` +
    (result.kind === "test" || result.kind === "audit" ? `  ${paint("bold", named(result))}` : "");
  const text = result.message === "" ? [] : [`  ${result.message}`];
  return [head, ...text, ...differenceLines(result).map((line) => `  ${line}`), ""].join("\n");
}

function named({ model, name }: Result): string {
  return model === null || name.startsWith(model) ? name : `${model}: ${name}`;
}

function summary({ ok, totals, seconds, isStopped }: CheckResult, paint: Paint): string {
  const { models, tests, audits, failed, warnings, skipped } = totals;
  const looked = [plural(models, "model"), plural(tests, "test"), plural(audits, "audit")];
  const found = [
    failed > 0 ? paint("red", `${failed} failed`) : "",
    warnings > 0 ? paint("yellow", plural(warnings, "warning")) : "",
    skipped > 0 ? `${skipped} skipped` : "",
  ].filter((text) => text !== "");
  const verdict = ok ? paint("green", "all well") : "";
  const result = [verdict, ...found].filter((text) => text !== "").join(", ");
  const stopped = isStopped ? "; stopped at the first failure" : "";
  return `${looked.join(", ")}: ${result}${stopped}. ${seconds.toFixed(2)} s`;
}

export function plural(count: number, noun: string): string {
  return `${count.toLocaleString("en-GB")} ${noun}${count === 1 ? "" : "s"}`;
}

/** What differs, cells of one row and column of their own in columns, in the order of the rows. */
export function differenceLines({ differences }: Pick<Result, "differences">): string[] {
  const shown = differences.slice(0, differencesMax);
  const more = differences.length - shown.length;
  return [...aligned(shown), ...(more > 0 ? [`… and ${more} more`] : [])];
}

function aligned(differences: readonly Difference[]): string[] {
  const rows = differences.map(cellsOf);
  const widths: number[] = [];
  for (const row of rows) {
    // The last cell of a row may be as long as it likes.
    row.slice(0, -1).forEach((text, at) => {
      widths[at] = Math.min(60, Math.max(widths[at] ?? 0, widthOf(text)));
    });
  }
  return rows.map((row) =>
    row.map((text, at) => at === row.length - 1 ? text : pad(text, widths[at] ?? 0)).join("  ")
  );
}

function cellsOf(difference: Difference): string[] {
  const where = difference.cte === null ? "" : `${difference.cte}: `;
  const key = `${where}${shownCells(difference.key)}`;
  if (difference.kind === "cell") {
    const { column, expected, actual } = difference;
    return [key || "the row", column, `expected ${expected}`, `actual ${actual}`];
  }
  if (difference.kind === "order") {
    const { expectedPlace, actualPlace } = difference;
    return [key || "a row", "order", `expected as row ${expectedPlace}`, `is row ${actualPlace}`];
  }
  const what = difference.kind === "missing" ? "expected, not there" : "there, not expected";
  return [key || where || "a row", what, shownCells(difference.row)];
}

function shownCells(cells: readonly ShownCell[]): string {
  return cells.map(({ column, value }) => `${column} ${value}`).join(", ");
}

/** Characters of East Asia and emoji take two places. */
function widthOf(text: string): number {
  return [...text].reduce((sum, char) => sum + (isWide(char) ? 2 : 1), 0);
}

function isWide(char: string): boolean {
  return /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(char) ||
    /\p{Emoji_Presentation}/u.test(char);
}

function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}
