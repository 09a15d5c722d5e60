/**
 * Results as text for a terminal: tables with a title, long ones cut with a hint where the rest is.
 *
 * The output is plain text of one width per column; nothing in it moves or needs colours.
 */
import CliTable from "cli-table3";
import { isAmount, shown, type Table } from "./answers.ts";

export interface TextTableOptions {
  title?: string;
  /** Rows shown at most; default 10. */
  rowsMax?: number;
  /** Where the other rows are, for the line below a table that was cut. */
  file?: string;
}

/** A table as lines of text, with a new line at the end. */
export function textTable(table: Table, options: TextTableOptions = {}): string {
  const rowsMax = options.rowsMax ?? 10;
  const printed = new CliTable({
    head: [...table.columns],
    colAligns: table.columns.map((name) => isNumeric(table, name) ? "right" : "left"),
    style: { head: [], border: [], compact: true },
    chars: plainBorders,
  });
  for (const row of table.rows.slice(0, rowsMax)) {
    printed.push(row.map((cell, at) => cellText(cell, table.columns[at] ?? "")));
  }
  const title = options.title === undefined ? "" : `${options.title}\n`;
  return `${title}${printed.toString()}\n${restLine(table.rows.length - rowsMax, options.file)}`;
}

/** Years and keys stand as they are; amounts get their thousands. Control characters are shown. */
function cellText(cell: Table["rows"][number][number], column: string): string {
  if (typeof cell === "number" || typeof cell === "bigint") {
    return isAmount(column) ? shown(cell) : String(cell);
  }
  return visible(shown(cell));
}

/** Text of a stranger must not steer the terminal: control characters become pictures of them. */
export function visible(text: string): string {
  // deno-lint-ignore no-control-regex -- the control characters are the point
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (found) => {
    const code = found.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : "\u2426";
  });
}

function isNumeric(table: Table, name: string): boolean {
  const at = table.columns.indexOf(name);
  return table.rows.some((row) => typeof row[at] === "number" || typeof row[at] === "bigint") &&
    !name.endsWith("year");
}

function restLine(more: number, file: string | undefined): string {
  if (more <= 0) return "";
  return `  … and ${shown(more)} more${file === undefined ? "" : ` in ${file}`}\n`;
}

const plainBorders = {
  "top": "─",
  "top-mid": "─",
  "top-left": " ",
  "top-right": "",
  "bottom": "─",
  "bottom-mid": "─",
  "bottom-left": " ",
  "bottom-right": "",
  "left": " ",
  "left-mid": " ",
  "mid": "─",
  "mid-mid": "─",
  "right": "",
  "right-mid": "",
  "middle": " ",
};
