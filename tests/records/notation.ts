/**
 * Notation: what the list of cases is written in -> cases, each with its bytes and its key.
 *
 * A sharp sign in a record stands for its key. Every record has a key of its own; those of one
 * `together` have one key for all, in the order in which they land.
 */
import type { TableName } from "../../pipelines/tables.ts";

/** Where a record enters: as a value of the topic or stream, or as a line of a landed object. */
export type Entrance = "value" | LandedObject;

export interface LandedObject {
  partition: number;
  start: number;
  packed?: true;
}

export interface Case {
  table: TableName;
  enters: Entrance;
  /** In a value that is no text: bytes. */
  given: string | Uint8Array<ArrayBuffer>;
  key: number;
  verdict: "kept" | "duplicate" | "rejected";
  /** Up to its colon. */
  reason: string | null;
  /** The columns that matter; times as ISO 8601. */
  row: Record<string, unknown> | null;
}

export type Row = Record<string, unknown>;
/** What becomes of it: a clean row (kept), "=" (a duplicate), or why it is rejected. */
export type Expected = Row | string;
export type Written = readonly [given: string | readonly number[], expected: Expected];

/** Why records are rejected, as DESIGN words it in the rejects. */
export const notJson = "not JSON";
export const notObject = "no JSON object";
export const notUtf8 = "not UTF-8";
export const badKey = "key is no 32-bit integer";
export const others = "columns of another table";
export const otherContent = "ind was seen before with other content";

let lastKey = 1000;

function caseOf(
  table: TableName,
  enters: Entrance,
  key: number,
  [written, expected]: Written,
): Case {
  const given = typeof written === "string"
    ? written.replaceAll("#", String(key))
    : Uint8Array.from(written);
  const kept = typeof expected === "string" ? null : expected;
  const isDuplicate = expected === "=";
  return {
    table,
    enters,
    given,
    key,
    verdict: kept !== null ? "kept" : isDuplicate ? "duplicate" : "rejected",
    reason: kept !== null || isDuplicate ? null : String(expected),
    row: kept,
  };
}

/** Records that have nothing to do with each other. */
export function apart(table: TableName, all: readonly Written[], enters: Entrance = "value") {
  return all.map((written) => caseOf(table, enters, ++lastKey, written));
}

/** Records of one key, in the order of landing. */
export function together(table: TableName, all: readonly Written[], enters: Entrance = "value") {
  const key = ++lastKey;
  return all.map((written) => caseOf(table, enters, key, written));
}

/** One column in many spellings of JSON, and what it is when it is clean. */
export function column(
  table: TableName,
  posted: string,
  clean: string,
  all: readonly (readonly [json: string, clean: unknown])[],
): Case[] {
  const name = table === "pin" ? "index" : "ind";
  return apart(
    table,
    all.map(([json, value]) => [`{"${name}":#,"${posted}":${json}}`, { [clean]: value }] as const),
  );
}

/** Records of one key in several objects. */
export function across(
  table: TableName,
  all: readonly (readonly [object: LandedObject, ...Written])[],
): Case[] {
  const key = ++lastKey;
  return all.map(([object, given, expected]) => caseOf(table, object, key, [given, expected]));
}
