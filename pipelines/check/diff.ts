/**
 * Diff: rows expected, rows returned -> what differs, cell by cell, always in the same order.
 *
 *   in    both with typed columns; undefined cells are free
 *   out   cells that differ in rows that belong together, rows missing, rows too many, and,
 *         where order was asked for and all rows are there, rows that stand elsewhere
 *
 * Which rows belong together: those that are equal; then those with the same key, if the test
 * names the whole grain of the model; then those that agree in most cells, the best pair first.
 */
import type { Value } from "../values.ts";
import { identity, showValue } from "./cells.ts";
import type { Difference, ShownCell } from "./types.ts";

interface TypedColumn {
  name: string;
  type: string;
}

export interface ExpectedRows {
  columns: readonly TypedColumn[];
  rows: readonly { line: number; values: readonly (Value | undefined)[] }[];
}

export interface ActualRows {
  columns: readonly TypedColumn[];
  rows: readonly (readonly Value[])[];
  /** Where each expected column stands in a row. */
  places: readonly number[];
}

export interface DiffOptions {
  cte: string | null;
  isOrdered: boolean;
  /** Columns that tell one row from another; empty if unknown. */
  grain: readonly string[];
  /** Where the expected rows stand. */
  file: string;
  /** The expectation: the place of rows that nobody expects. */
  at: { file: string; line: number };
}

interface Row {
  /** All its cells that are compared, as one text. */
  id: string;
  /** Where it stood, from 0. */
  place: number;
  line: number;
  /** Of the expected columns; undefined is free. */
  ids: readonly (string | undefined)[];
  shown: readonly (ShownCell | undefined)[];
  /** Of the grain, whether it was expected or not. */
  key: readonly ShownCell[];
}

/** Row pairs beyond this number are not compared for likeness. */
const likenessMax = 250_000;

export function differences(
  expected: ExpectedRows,
  actual: ActualRows,
  options: DiffOptions,
): Difference[] {
  const wanted = expected.rows.map((row, place) => expectedRow(expected, row, place, options));
  // By their texts: in which order an engine returns rows must not show in what is said of them.
  const found = actual.rows.map((row, place) => actualRow(expected, actual, row, place, options))
    .sort((a, b) => compare(a.id, b.id));
  const equal = pairEqual(wanted, found);
  const restWanted = wanted.filter((row) => !equal.has(row));
  const used = new Set(equal.values());
  const restFound = found.filter((row) => !used.has(row));
  if (restWanted.length + restFound.length === 0) {
    return options.isOrdered ? misplaced(equal, options) : [];
  }
  const alike = pairAlike(restWanted, restFound, keyPlaces(expected, options.grain));
  return [
    ...restWanted.flatMap((row) => unequal(row, alike.get(row), options)),
    ...extras(restFound, new Set(alike.values()), options),
  ];
}

function expectedRow(
  { columns }: ExpectedRows,
  { line, values }: ExpectedRows["rows"][number],
  place: number,
  { grain }: DiffOptions,
): Row {
  const shown = columns.map(({ name }, at) => cellOf(name, values[at]));
  const ids = columns.map(({ type }, at) => idOf(values[at], type));
  return {
    id: ids.join("\u0000"),
    place,
    line,
    ids,
    shown,
    key: grain.flatMap((name) => shown.find((cell) => cell?.column === name) ?? []),
  };
}

function actualRow(
  { columns }: ExpectedRows,
  actual: ActualRows,
  values: readonly Value[],
  place: number,
  { grain, at: { line } }: DiffOptions,
): Row {
  const valueAt = (column: number) => values[actual.places[column] ?? -1];
  const ids = columns.map(({ type }, column) => idOf(valueAt(column), type));
  return {
    id: ids.join("\u0000"),
    place,
    line,
    ids,
    shown: columns.map(({ name }, column) => cellOf(name, valueAt(column))),
    key: actual.columns.flatMap(({ name }, column) => {
      const cell = cellOf(name, values[column]);
      return grain.includes(name) && cell !== undefined ? [cell] : [];
    }),
  };
}

function idOf(value: Value | undefined, type: string): string | undefined {
  return value === undefined ? undefined : identity(value, type);
}

function cellOf(column: string, value: Value | undefined): ShownCell | undefined {
  return value === undefined ? undefined : { column, value: showValue(value) };
}

/** Rows without free cells first: they have no choice. */
function pairEqual(wanted: readonly Row[], found: readonly Row[]): Map<Row, Row> {
  const pairs = new Map<Row, Row>();
  const left = new Map<string, Row[]>();
  for (const row of found) {
    const same = left.get(row.id);
    if (same === undefined) left.set(row.id, [row]);
    else same.push(row);
  }
  const isFree = (row: Row) => row.ids.includes(undefined);
  for (const row of wanted.filter((row) => !isFree(row))) {
    const twin = left.get(row.id)?.shift();
    if (twin !== undefined) pairs.set(row, twin);
  }
  for (const row of wanted.filter(isFree)) {
    const same = [...left.values()].find(([other]) => other !== undefined && agrees(row, other));
    const twin = same?.shift();
    if (twin !== undefined) pairs.set(row, twin);
  }
  return pairs;
}

function agrees(wanted: Row, found: Row): boolean {
  return wanted.ids.every((id, at) => id === undefined || id === found.ids[at]);
}

/** Where the key stands among the expected columns; nowhere unless all of it is expected. */
function keyPlaces({ columns }: ExpectedRows, grain: readonly string[]): number[] {
  const places = grain.map((name) => columns.findIndex((column) => column.name === name));
  return places.includes(-1) ? [] : places;
}

function pairAlike(
  wanted: readonly Row[],
  found: readonly Row[],
  key: readonly number[],
): Map<Row, Row> {
  const pairs = new Map<Row, Row>();
  if (wanted.length * found.length > likenessMax) return pairs;
  const [row, other] = [wanted[0], found[0]];
  const isOnePair = wanted.length === 1 && found.length === 1 && key.length === 0;
  if (isOnePair && row !== undefined && other !== undefined) return pairs.set(row, other);
  const candidates: { row: Row; other: Row; likeness: number }[] = [];
  for (const row of wanted) {
    for (const other of found) {
      const likeness = likenessOf(row, other, key);
      if (likeness > 0) candidates.push({ row, other, likeness });
    }
  }
  candidates.sort((a, b) =>
    b.likeness - a.likeness || a.row.place - b.row.place || compare(a.other.id, b.other.id)
  );
  const used = new Set<Row>();
  for (const { row, other } of candidates) {
    if (pairs.has(row) || used.has(other)) continue;
    pairs.set(row, other);
    used.add(other);
  }
  return pairs;
}

/** The number of equal cells; with a key, none unless that is equal. One cell alone is alike. */
function likenessOf(row: Row, other: Row, key: readonly number[]): number {
  const isKey = key.length > 0 && key.every((at) => row.ids[at] !== "null");
  if (isKey && key.some((at) => row.ids[at] !== other.ids[at])) return 0;
  const equalCount = row.ids.filter((id, at) => id !== undefined && id === other.ids[at]).length;
  return isKey ? equalCount + row.ids.length : equalCount;
}

function unequal(row: Row, other: Row | undefined, options: DiffOptions): Difference[] {
  const { cte, file } = options;
  const at = { cte, file, line: row.line };
  if (other === undefined) {
    return [{ kind: "missing", ...at, key: row.key, row: present(row.shown) }];
  }
  const key = keyOf(row, other);
  return row.ids.flatMap((id, column): Difference[] => {
    const [expected, actual] = [row.shown[column], other.shown[column]];
    if (id === undefined || id === other.ids[column]) return [];
    if (expected === undefined || actual === undefined) return [];
    return [{
      kind: "cell",
      ...at,
      key: key.filter((cell) => cell.column !== expected.column),
      column: expected.column,
      expected: expected.value,
      actual: actual.value,
    }];
  });
}

/** The grain where it says something; else the first two cells in which the rows agree. */
function keyOf(row: Row, other: Row): readonly ShownCell[] {
  if (other.key.some(({ value }) => value !== "null")) return other.key;
  return present(row.shown.filter((_, at) => row.ids[at] === other.ids[at])).slice(0, 2);
}

function present(cells: readonly (ShownCell | undefined)[]): ShownCell[] {
  return cells.filter((cell) => cell !== undefined);
}

function extras(
  found: readonly Row[],
  used: ReadonlySet<Row>,
  { cte, at }: DiffOptions,
): Difference[] {
  return found.filter((row) => !used.has(row)).map((row) => ({
    kind: "extra",
    cte,
    key: row.key,
    row: present(row.shown),
    ...at,
  }));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** As few rows as would have to be moved. */
function misplaced(pairs: ReadonlyMap<Row, Row>, { cte, file }: DiffOptions): Difference[] {
  const inOrder = [...pairs].sort(([a], [b]) => a.place - b.place);
  const kept = longestRising(inOrder.map(([, found]) => found.place));
  return inOrder.filter(([, found]) => !kept.has(found.place)).map(([wanted, found]) => ({
    kind: "order",
    cte,
    key: found.key.length > 0 ? found.key : present(wanted.shown).slice(0, 2),
    expectedPlace: wanted.place + 1,
    actualPlace: found.place + 1,
    file,
    line: wanted.line,
  }));
}

/** The numbers of a longest series that only rises, of numbers that are all different. */
function longestRising(numbers: readonly number[]): Set<number> {
  const ends: number[] = []; // The smallest end of a series, by its length.
  const before = new Map<number, number>();
  for (const number of numbers) {
    const found = ends.findIndex((end) => end > number);
    const at = found === -1 ? ends.length : found;
    const previous = ends[at - 1];
    if (previous !== undefined) before.set(number, previous);
    ends[at] = number;
  }
  const kept = new Set<number>();
  for (let at = ends.at(-1); at !== undefined; at = before.get(at)) kept.add(at);
  return kept;
}
