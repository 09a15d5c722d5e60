/**
 * Placing: the list of cases -> objects as they land, or records of a stream; and what an engine
 * said -> the cases that it judged in another way.
 *
 * Values land in partition 0 as the sink lands them: in windows, one object each, and what is no
 * line beside them. Lines stand in the objects that they name, in the order of the list.
 */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { jsonLine } from "../../pipelines/record/json_line.ts";
import type { TableName } from "../../pipelines/tables.ts";
import { bytesOf } from "../pipelines/stream/streaming.ts";
import {
  type Bytes,
  landedKey,
  lines,
  type MemoryObjects,
} from "../pipelines/batch/landed_objects.ts";
import { cases } from "./cases.ts";
import type { Case, LandedObject, Row } from "./notation.ts";

const windowSize = 9;

export const casesOf = (table: TableName): readonly Case[] =>
  cases.filter((one) => one.table === table);

export const valuesOf = (table: TableName): readonly Case[] =>
  casesOf(table).filter(({ enters }) => enters === "value");

/** What an engine made of the records of a table. */
export interface Outcome {
  /** By `partition:offset`, or the number of a value in its stream: `kept`, `duplicate`, a reason. */
  verdicts: Readonly<Record<string, string>>;
  /** All clean rows. */
  rows: readonly Row[];
}

/** Lands all cases of a table; gives each its place. */
export function landCases(objects: MemoryObjects, table: TableName): Map<string, Case> {
  const places = landValues(objects, table);
  const byObject = Map.groupBy(casesOf(table), ({ enters }) => enters);
  byObject.delete("value");
  for (const [object, all] of byObject) {
    if (object === "value") continue;
    landLines(objects, table, object, all);
    for (const [at, one] of all.entries()) {
      places.set(`${object.partition}:${object.start + at}`, one);
    }
  }
  return places;
}

function landLines(
  objects: MemoryObjects,
  table: TableName,
  { partition, start, packed }: LandedObject,
  all: readonly Case[],
): void {
  const body = lines(all.map(({ given }) => given));
  const key = landedKey(table, partition, start);
  if (packed) objects.bodies.set(`${key}.gz`, new Uint8Array(gzipSync(body)));
  else objects.bodies.set(key, body);
}

function landValues(objects: MemoryObjects, table: TableName): Map<string, Case> {
  const places = new Map<string, Case>();
  let open: Bytes[] = [];
  const store = (end: number) => {
    if (open.length > 0) objects.land(table, 0, end - open.length, open);
    open = [];
  };
  for (const [offset, one] of valuesOf(table).entries()) {
    places.set(`0:${offset}`, one);
    const line = jsonLine(bytesOf(one.given));
    if ("reason" in line) {
      store(offset);
      objects.reject(table, 0, offset, line.reason, "");
    } else {
      open.push(new Uint8Array(line.bytes));
      if (open.length === windowSize) store(offset + 1);
    }
  }
  store(valuesOf(table).length);
  return places;
}

/** The cases of a table by their places, and what an engine made of them. */
export type Judged = readonly [places: ReadonlyMap<string, Case>, outcome: Outcome];

/** Every case has its verdict, and there is no row but those of the kept ones. Tells how many. */
export function assertJudged(engine: string, judged: readonly Judged[]) {
  const wrong = judged.flatMap(([places, outcome]) => wrongOf(places, outcome));
  const count = judged.reduce((sum, [places]) => sum + places.size, 0);
  console.log(`${engine.padEnd(40)} ${count - wrong.length} of ${count} cases`);
  assert.deepEqual(wrong.flat(), []);
  for (const [places, { rows }] of judged) {
    assert.equal(rows.length, [...places.values()].filter(({ row }) => row !== null).length);
  }
}

/** The cases that were judged in another way, each with what is other. */
function wrongOf(places: ReadonlyMap<string, Case>, { verdicts, rows }: Outcome): string[][] {
  const byKey = new Map(rows.map((row) => [Number(row["ind"]), row]));
  const all = [...places].map(([place, one]) => {
    const found = (verdicts[place] ?? "no verdict").split(":")[0];
    const expected = one.reason ?? one.verdict;
    if (found !== expected) return [`${told(one)}: ${found}, not ${expected}`];
    return one.row === null ? [] : differences(one, byKey);
  });
  return all.filter(({ length }) => length > 0);
}

function differences(one: Case, byKey: ReadonlyMap<number, Row>): string[] {
  const row = byKey.get(one.key) ?? byKey.get(-one.key);
  if (row === undefined) return [`${told(one)}: no row`];
  return Object.entries(one.row ?? {}).flatMap(([name, expected]) => {
    const [found, wanted] = [plain(row[name]), plain(expected)];
    return found === wanted ? [] : [`${told(one)}: ${name} is ${found}, not ${wanted}`];
  });
}

/** A time in any spelling is its instant. */
function plain(value: unknown): string {
  const isTime = typeof value === "string" && /^\d{4}-\d\d-\d\d[ T]\d\d:/.test(value);
  if (!isTime) return JSON.stringify(value) ?? "null";
  const text = value.replace(" ", "T").replace(/([+]00(:00)?)?$/, "");
  return new Date(text.endsWith("Z") ? text : `${text}Z`).toISOString();
}

const told = ({ table, given }: Case): string => `${table} ${JSON.stringify(given)}`;
