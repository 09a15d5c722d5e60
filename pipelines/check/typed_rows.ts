/**
 * Typed rows: rows of a test or a sample, columns with types -> values, and what is wrong.
 */
import { duckDbType } from "../../sql/dialect/mod.ts";
import type { Value } from "../values.ts";
import { readCell, typeName } from "./cells.ts";
import { PlacedError } from "./rows.ts";
import type { Given, Problem, RowSet } from "./types.ts";

export type TypedColumns = readonly { name: string; type: string }[];

/**
 * Rows with all columns of the table; those that are not given are null. Columns that are
 * `elsewhere`, in other tables that take the same rows, are left out.
 */
export function readRows(
  { table, rows }: Pick<Given, "table" | "rows">,
  columns: TypedColumns,
  problems: Problem[],
  elsewhere: ReadonlySet<string> = new Set(),
): Value[][] {
  const places = matchColumns(rows, columns, table, problems, elsewhere);
  return rows.rows.map((row): Value[] => {
    const values: Value[] = columns.map(() => null);
    for (const [at, cell] of row.cells.entries()) {
      const place = places[at] ?? -1;
      const column = columns[place];
      if (cell === undefined || column === undefined) continue;
      values[place] = attempt(problems, { file: rows.file, line: row.line }, column.name, () =>
        readCell(cell, column.type)) ?? null;
    }
    return values;
  });
}

/** Where each column of the rows stands among the typed ones; -1 and a problem if nowhere. */
export function matchColumns(
  rows: RowSet,
  columns: TypedColumns,
  owner: string,
  problems: Problem[],
  elsewhere: ReadonlySet<string> = new Set(),
): number[] {
  const place = { file: rows.file, line: rows.line };
  return rows.columns.map(({ name, type }) => {
    const at = columns.findIndex((column) => column.name === name);
    const found = columns[at];
    if (found === undefined && elsewhere.has(name)) return -1;
    if (found === undefined) {
      const known = columns.map((column) => column.name).join(", ");
      problems.push(problemOf(place, `${owner} has no column ${name}; it has ${known}`));
    } else if (type !== null) {
      const wanted = attempt(problems, place, name, () => duckDbType(type));
      if (wanted !== undefined && wanted !== found.type) {
        problems.push(problemOf(
          place,
          `The test says that ${name} is ${type}, in ${owner} it is ${typeName(found.type)}`,
        ));
      }
    }
    return at;
  });
}

/** Undefined, and a problem, if the text is no such value. */
export function attempt<Result>(
  problems: Problem[],
  place: { file: string; line: number },
  column: string,
  work: () => Result,
): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { file, line } = error instanceof PlacedError ? error : place;
    problems.push({ file, line, message: `Column ${column}: ${error.message}` });
    return undefined;
  }
}

export function problemOf(
  { file, line }: { file: string; line: number },
  message: string,
): Problem {
  return { file, line, message };
}
