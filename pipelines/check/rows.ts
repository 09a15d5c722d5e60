/**
 * Rows: a table of a test file, JSON lines or CSV -> rows of cells, each with its line.
 *
 * Values are not read as types here: which type a column has only the model knows.
 */
import { type CsvLine, CsvSyntaxError, parseCsv } from "../csv.ts";
import type { Value } from "../values.ts";
import { parseJson } from "./cells.ts";
import type { Cell, RowSet, TestColumn, TestRow } from "./types.ts";

/** What is wrong with a file that a person wrote, and where. */
export class PlacedError extends SyntaxError {
  readonly file: string;
  readonly line: number;
  constructor(file: string, line: number, message: string) {
    super(message);
    this.file = file;
    this.line = line;
  }
}

interface Line {
  line: number;
  text: string;
}

/** @throws {PlacedError} a row has not as many cells as the first, or a cell cannot be read */
export function readTable(file: string, lines: readonly Line[]): RowSet {
  const [head, ...below] = lines;
  if (head === undefined) throw new RangeError("Cannot read a table of no lines");
  const columns = readHead(file, head);
  const isRuler = below[0] !== undefined && /^[|]([ :]*-{3,}[ :]*[|])+$/.test(below[0].text);
  const rows = below.slice(isRuler ? 1 : 0).map((line): TestRow => {
    const cells = cellsOf(file, line);
    if (cells.length !== columns.length) {
      throw new PlacedError(
        file,
        line.line,
        `a row of ${cells.length} cells in a table of ${columns.length} columns`,
      );
    }
    return { line: line.line, cells };
  });
  return { file, line: head.line, columns, rows };
}

function readHead(file: string, head: Line): TestColumn[] {
  const columns = cellsOf(file, head).map((cell): TestColumn => {
    const text = cell.kind === "bare" ? cell.text : String(cell.value);
    const [, name = "", type] = /^(\S+)(?:\s+(.+))?$/.exec(text) ?? [];
    return { name, type: type ?? null };
  });
  refuseTwins(file, head.line, columns);
  return columns;
}

function refuseTwins(file: string, line: number, columns: readonly TestColumn[]): void {
  const names = columns.map(({ name }) => name);
  const twin = names.find((name, at) => names.indexOf(name) !== at);
  if (twin !== undefined) throw new PlacedError(file, line, `the column ${twin} is there twice`);
}

const quotedCell = /\s*("(?:[^"\\]|\\.)*")\s*[|]/y;
const bareCell = /([^|]*)[|]/y;

function cellsOf(file: string, { line, text }: Line): Cell[] {
  const cells: Cell[] = [];
  if (!text.startsWith("|")) {
    throw new PlacedError(file, line, "a row of a table begins and ends with |");
  }
  for (let at = 1; at < text.length && !isRemark(text, at);) {
    const [cell, end] = cellAt(text, at) ?? [];
    if (cell === undefined || end === undefined) {
      throw new PlacedError(
        file,
        line,
        `cannot read '${
          text.slice(at).trim()
        }': a row ends with |, and a cell that begins with " ends with "`,
      );
    }
    if (cell.kind === "bare" && cell.text === "") {
      throw new PlacedError(file, line, 'a cell is empty: write null, or "" for an empty text');
    }
    cells.push(cell);
    at = end;
  }
  return cells;
}

/** `# …` behind the last cell. */
function isRemark(text: string, at: number): boolean {
  return at > 1 && /^\s*#/.test(text.slice(at));
}

function cellAt(text: string, at: number): [Cell, number] | undefined {
  quotedCell.lastIndex = at;
  const quoted = quotedCell.exec(text);
  if (quoted?.[1] !== undefined) {
    return [{ kind: "value", value: parseJson(quoted[1]) }, quotedCell.lastIndex];
  }
  bareCell.lastIndex = at;
  const bare = bareCell.exec(text)?.[1]?.trim();
  if (bare === undefined || bare.startsWith('"')) return undefined;
  return [{ kind: "bare", text: bare }, bareCell.lastIndex];
}

/** Objects one after the other, each over as many lines as it likes. */
export function readJsonLines(file: string, lines: readonly Line[]): RowSet {
  const columns: TestColumn[] = [];
  const rows: { line: number; object: Record<string, Value> }[] = [];
  let open: Line | null = null;
  for (const { line, text } of lines) {
    if (open === null && text.trim() === "") continue;
    open = open === null ? { line, text } : { line: open.line, text: `${open.text}\n${text}` };
    const object = objectOf(open.text);
    if (object === undefined) continue;
    rows.push({ line: open.line, object });
    open = null;
    for (const name of Object.keys(object)) {
      if (!columns.some((column) => column.name === name)) columns.push({ name, type: null });
    }
  }
  if (open !== null) {
    throw new PlacedError(file, open.line, `'${short(open.text)}' is no JSON object`);
  }
  const line = lines[0]?.line ?? 1;
  return { file, line, columns, rows: rows.map((row) => rowOf(row, columns)) };
}

function rowOf(
  { line, object }: { line: number; object: Record<string, Value> },
  columns: readonly TestColumn[],
): TestRow {
  const cells = columns.map(({ name }): Cell | undefined => {
    const value = object[name];
    return value === undefined ? undefined : { kind: "value", value };
  });
  return { line, cells };
}

function objectOf(text: string): Record<string, Value> | undefined {
  if (!text.trimEnd().endsWith("}")) return undefined;
  try {
    const value = parseJson(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value) &&
      !(value instanceof Uint8Array);
    return isObject ? value : undefined;
  } catch {
    return undefined; // Its end is on a later line, or nowhere.
  }
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

/** RFC 4180 with a header: nothing is null, `""` is an empty text. */
export function readCsv(file: string, text: string): RowSet {
  const [head, ...records] = csvRecords(file, text);
  if (head === undefined) throw new PlacedError(file, 1, "a CSV file begins with a line of names");
  const columns = head.cells.map((name): TestColumn => ({ name: name ?? "", type: null }));
  refuseTwins(file, head.lineNumber, columns);
  const rows = records.map(({ lineNumber: line, cells }): TestRow => {
    if (cells.length !== columns.length) {
      throw new PlacedError(
        file,
        line,
        `a record of ${cells.length} cells under a header of ${columns.length}`,
      );
    }
    return { line, cells: cells.map(csvCell) };
  });
  return { file, line: head.lineNumber, columns, rows };
}

/** Never the text null: in CSV that is a word like others. */
function csvCell(text: string | null): Cell {
  return text === null || text === "null" ? { kind: "value", value: text } : { kind: "bare", text };
}

function csvRecords(file: string, text: string): CsvLine[] {
  try {
    return [...parseCsv(text)];
  } catch (error) {
    if (!(error instanceof CsvSyntaxError)) throw error;
    throw new PlacedError(file, error.lineNumber, error.message);
  }
}

/** By the file's name: `.csv`, or JSON lines as `.jsonl` and `.ndjson`. */
export function readRowFile(file: string, text: string): RowSet {
  if (/[.]csv$/i.test(file)) return readCsv(file, text);
  if (/[.](jsonl|ndjson|json)$/i.test(file)) {
    return readJsonLines(file, text.split("\n").map((text, at) => ({ line: at + 1, text })));
  }
  throw new PlacedError(file, 1, "rows come from files that end in .csv or .jsonl");
}
