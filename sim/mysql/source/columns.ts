/**
 * Columns: the names that a file has -> the columns of its table, whatever their order.
 *
 * Upper and lower case and spaces around a name make no difference; the key may be called `index`
 * or `ind`. Columns that the table does not have are not taken, and named.
 */
import type { ColumnKind, SourceTable } from "../schema.ts";
import { SourceFileError } from "./errors.ts";

/** A column of a table by the name it has in the file. */
export interface FileColumn {
  /** As the file spells it. */
  inFile: string;
  kind: ColumnKind;
  isKey: boolean;
}

/** @throws {SourceFileError} naming the columns that are missing. */
export function matchColumns(
  file: string,
  table: SourceTable,
  found: readonly string[],
  line?: number,
): FileColumn[] {
  const spelling = new Map(found.map((name) => [plain(name), name]));
  const missing: string[] = [];
  const columns = table.columns.map(({ name, kind }): FileColumn => {
    const isKey = name === table.key;
    const inFile = spellings(name, isKey).map((one) => spelling.get(one))
      .find((one) => one !== undefined);
    if (inFile === undefined) missing.push(`'${name}'`);
    return { inFile: inFile ?? name, kind, isKey };
  });
  if (missing.length === 0) return columns;
  const isHeader = missing.length < columns.length || line === undefined;
  throw new SourceFileError(
    file,
    `Expected the columns of ${table.name}; missing: ${missing.join(", ")}; found: ` +
      (found.map((name) => `'${name}'`).join(", ") || "nothing") +
      (isHeader ? "" : "; the first line must name the columns (Spark: .option('header', True))"),
    { line },
  );
}

/** How many of a table's columns are among these names. */
export function countMatches(table: SourceTable, found: readonly string[]): number {
  const names = new Set(found.map(plain));
  return table.columns.filter(({ name }) =>
    spellings(name, name === table.key).some((one) => names.has(one))
  ).length;
}

/** What the file has beyond its table, in words; null: nothing. */
export function notTaken(
  found: readonly string[],
  columns: readonly FileColumn[],
): string | null {
  const taken = new Set(columns.map(({ inFile }) => inFile));
  const others = found.filter((name) => !taken.has(name));
  if (others.length === 0) return null;
  return `these columns are not taken: ${others.map((name) => `'${name}'`).join(", ")}`;
}

function spellings(name: string, isKey: boolean): string[] {
  return isKey ? [name, name === "index" ? "ind" : "index"] : [name];
}

function plain(name: string): string {
  return name.trim().toLowerCase();
}
