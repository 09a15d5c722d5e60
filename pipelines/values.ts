/**
 * Values: what DuckDB hands out -> plain JavaScript, nothing rounded on the way.
 *
 *   in    values of `@duckdb/node-api`
 *   out   numbers; bigint only beyond 2^53; decimals, dates and all else as text;
 *         times as ISO 8601 with as many digits as they have ('2020-08-28T03:52:47Z');
 *         lists as arrays, structs and maps as objects (a key as text), blobs as bytes
 *
 * Observed: `@duckdb/node-api` 1.5.5 drops a U+FEFF at the very beginning of a text (its decoder
 * takes it for a byte order mark). Where that matters, select `encode(x)` and decode the bytes;
 * files written by `copyTo` are not concerned.
 */
import type { DuckDBValue } from "@duckdb/node-api";

export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Value[]
  | { [name: string]: Value };

export type Row = Record<string, Value>;

/** The module, loaded when the first database is opened: 50 MB of native code. */
export type DuckDb = typeof import("@duckdb/node-api");

export function valueReader(duckdb: DuckDb): (value: DuckDBValue) => Value {
  const read = (value: DuckDBValue): Value => {
    if (value === null || value === undefined) return null;
    if (typeof value === "bigint") return smallest(value);
    if (typeof value !== "object") return value;
    if (value instanceof duckdb.DuckDBTimestampTZValue) return isoTime(value.micros, "Z");
    if (value instanceof duckdb.DuckDBTimestampValue) return isoTime(value.micros, "");
    if (value instanceof duckdb.DuckDBListValue) return value.items.map(read);
    if (value instanceof duckdb.DuckDBArrayValue) return value.items.map(read);
    if (value instanceof duckdb.DuckDBBlobValue) return new Uint8Array(value.bytes);
    if (value instanceof duckdb.DuckDBMapValue) {
      return Object.fromEntries(value.entries.map(({ key, value }) => [String(key), read(value)]));
    }
    if (value instanceof duckdb.DuckDBStructValue) {
      return Object.fromEntries(Object.entries(value.entries).map(([key, of]) => [key, read(of)]));
    }
    return String(value);
  };
  return read;
}

function smallest(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Microseconds since 1970 as ISO 8601, without the zeros at the end of a fraction. */
export function isoTime(micros: bigint, zone: "Z" | ""): string {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const date = new Date(Number((micros - fraction) / 1000n));
  if (Number.isNaN(date.getTime())) return micros > 0n ? "infinity" : "-infinity";
  const seconds = date.toISOString().replace(/[.]000Z$/, "");
  if (fraction === 0n) return `${seconds}${zone}`;
  return `${seconds}.${String(fraction).padStart(6, "0").replace(/0+$/, "")}${zone}`;
}
