/**
 * Proof: what a run counted -> the tables and sentences that every command shows at its end.
 */
import { RunError } from "../errors.ts";
import { perTable, type TableName, tableNames } from "../tables.ts";
import type { Answer } from "../warehouse/answer.ts";
import type { Nulled } from "../warehouse/nulled.ts";
import type { Row, Value } from "../values.ts";
import type { Cell, Table } from "./answers.ts";

export interface ProblemToTell {
  hop: string;
  table: string;
  what: string;
  firstRows: readonly Row[];
}

/** The hops as rows, one column for each table. */
export function proofTable(hops: Readonly<Record<string, Record<TableName, number>>>): Table {
  return {
    columns: ["hop", ...tableNames],
    rows: Object.entries(hops).map(([hop, counts]): Cell[] => [
      hop,
      ...Object.values(perTable((table) => counts[table])),
    ]),
  };
}

/** A table that was left out has nothing to prove, and is named. */
export function proofTitle(without: readonly TableName[]): string {
  return without.length === 0 ? "The proof" : `The proof, without ${without.join(" and ")}`;
}

/** Rejects of each kind, counted. */
export function rejectTable(
  rejects: readonly { table: TableName; reason: string; count: number }[],
): Table {
  return {
    columns: ["table", "reason", "records"],
    rows: rejects.map(({ table, reason, count }) => [table, reason, count]),
  };
}

/** Cells that held something and became null, with examples between quotation marks. */
export function nulledTable(nulled: readonly Nulled[]): Table {
  return {
    columns: ["table", "column", "cells", "examples"],
    rows: nulled.map(({ table, column, cells, examples }) => [
      table,
      column,
      cells,
      examples.map((example) => `'${example}'`).join(", "),
    ]),
  };
}

/** Answers as tables, by name. */
export function answerTables(
  answers: ReadonlyMap<string, Answer>,
): Map<string, Table & Pick<Answer, "caption">> {
  return new Map(
    answers.entries().map(([name, { caption, columns, rows }]) =>
      [name, { caption, columns, rows: rows.map((row) => row.map(cellOf)) }] as const
    ),
  );
}

/** Answers hold numbers and texts; anything else would be shown as its JSON. */
function cellOf(value: Value): Cell {
  return value !== null && typeof value === "object" ? JSON.stringify(value) : value;
}

/** Everything that does not add up, a line each. */
export function problemLines(problems: readonly ProblemToTell[]): string[] {
  return problems.map(({ hop, table, what, firstRows }) =>
    `Does not add up: ${hop}, ${table}: ${what}${
      firstRows.length > 0 ? `; first: ${shownRows(firstRows)}` : ""
    }`
  );
}

function shownRows(rows: readonly Row[]): string {
  return JSON.stringify(
    rows.slice(0, 3),
    (_, value) => typeof value === "bigint" ? String(value) : value,
  );
}

/** Every record that could not be posted, a line each. */
export function refusalLines(
  refusals: readonly { table: TableName; key: string; reason: string }[],
): string[] {
  return refusals.map(({ table, key, reason }) => `Not posted: ${table} at ${key}: ${reason}`);
}

/**
 * Writes a text file that is whole or not there.
 * @throws {RunError} if it cannot be written
 */
export async function writeWhole(file: string, text: string): Promise<void> {
  try {
    await Deno.writeTextFile(`${file}.new`, text);
    await Deno.rename(`${file}.new`, file);
  } catch (error) {
    throw new RunError(`Cannot write ${file}: ${(error as Error).message}`);
  }
}
