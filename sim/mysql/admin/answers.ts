/** What a statement gives: nothing but that it is done, or columns and rows. */
import { listChunks, type RowChunk } from "../engine/rows.ts";
import type { SqlValue } from "../sql/context.ts";
import {
  binaryCharset,
  type Column,
  columnFlag,
  columnType,
  textRow,
  utf8mb4,
} from "../wire/packets.ts";

export interface Done {
  kind: "done";
  info?: string;
}

export interface Rows {
  kind: "rows";
  columns: readonly Column[];
  chunks: AsyncGenerator<RowChunk>;
}

export type Answer = Done | Rows;

export const done: Done = { kind: "done" };

export function textColumn(name: string): Column {
  return {
    name,
    type: columnType.varString,
    charset: utf8mb4,
    length: 1024,
    flags: 0,
    decimals: 31,
    schema: "",
    table: "",
  };
}

export function numberColumn(name: string): Column {
  const flags = columnFlag.binary | columnFlag.number;
  return {
    ...textColumn(name),
    type: columnType.longlong,
    charset: binaryCharset,
    length: 21,
    flags,
    decimals: 0,
  };
}

/** Rows that were made here; a column is a number if all its values are. */
export function rowsOf(headings: readonly string[], rows: readonly (readonly SqlValue[])[]): Rows {
  const columns = headings.map((name, at) => {
    const values = rows.map((row) => row[at] ?? null).filter((value) => value !== null);
    const isNumber = values.length > 0 && values.every((value) => Number.isInteger(value));
    return isNumber ? numberColumn(name) : textColumn(name);
  });
  const encoded = rows.map((row) =>
    textRow(row.map((value) => value === null ? null : String(value)))
  );
  return { kind: "rows", columns, chunks: listChunks(encoded) };
}
