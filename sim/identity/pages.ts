/**
 * Pages: a sorted list and what was asked -> one page of it, with the marker of the next.
 *
 * A marker holds the key of the last item that was given, so that a list which changes between two
 * pages repeats nothing and skips nothing that was there all the time.
 *
 * Source: IAM API reference, "Marker", "MaxItems", "IsTruncated".
 */
import { invalid } from "./errors.ts";
import { integer, text } from "./shapes.ts";
import type { Answer, Value } from "./xml.ts";

const pageMax = 1000;
const pageDefault = 100;

export const pageFields = {
  // Documented: 320 at most. Left out: a name of 128 signs in base64 is longer where a path is too.
  Marker: text({ min: 1, max: 2048, pattern: "[\\u0020-\\u00FF]+" }),
  MaxItems: integer({ min: 1, max: pageMax }),
};

export interface PageRequest {
  Marker?: string | undefined;
  MaxItems?: number | undefined;
}

export interface Page<T> {
  items: T[];
  /** To be spread into the answer. */
  rest: Answer;
}

/** @param keyOf different for each item; their order is its order */
export function page<T>(
  items: Iterable<T>,
  keyOf: (item: T) => string,
  { Marker, MaxItems = pageDefault }: PageRequest,
): Page<T> {
  const after = Marker === undefined ? null : keyIn(Marker);
  const left = [...items].map((item) => ({ item, key: keyOf(item) }))
    .filter(({ key }) => after === null || key > after)
    .sort((one, other) => one.key < other.key ? -1 : one.key > other.key ? 1 : 0);
  const given = left.slice(0, MaxItems);
  const last = given.at(-1);
  const isTruncated = left.length > given.length && last !== undefined;
  const rest: Record<string, Value> = { IsTruncated: isTruncated };
  if (isTruncated) rest.Marker = markerOf(last.key);
  return { items: given.map(({ item }) => item), rest };
}

const utf8 = new TextEncoder();

function markerOf(key: string): string {
  return utf8.encode(key).toBase64({ alphabet: "base64url", omitPadding: true });
}

function keyIn(marker: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.fromBase64(marker, { alphabet: "base64url" }));
  } catch {
    throw invalid(`Invalid Marker: ${marker}`);
  }
}
