/**
 * Databricks values: the texts of a JSON_ARRAY result -> plain JavaScript, by type, nothing rounded.
 *
 *   in    a text or null for each value, and the type as Databricks writes it
 *   out   numbers; bigint only beyond 2^53; decimals, dates and texts as text; times as ISO 8601
 *         without zeros at the end of a fraction; lists as arrays, structs and maps as objects,
 *         binaries as bytes
 *
 * Lists, structs and maps are JSON within the text; what they hold is text, or JSON's own value.
 * A whole number in there is taken from the JSON's digits, not from a double.
 *
 * Source: Databricks, Statement Execution API, format JSON_ARRAY.
 */
import type { Value } from "../values.ts";

export type ReadValue = (text: string | null) => Value;

/** @throws {TypeError} for a type that cannot be read as the name says */
export function readerOf(type: string): ReadValue {
  const read = readerWithin(type);
  const isNested = /^(ARRAY|STRUCT|MAP)\b/i.test(type);
  return (text) => text === null ? null : read(isNested ? parseExactly(text) : text);
}

type ReadAny = (value: unknown) => Value;

function readerWithin(type: string): ReadAny {
  const [, name = "", inside = ""] = /^\s*([A-Za-z_ ]+?)\s*(?:[<(](.*)[>)])?\s*$/s.exec(type) ?? [];
  switch (name.toUpperCase()) {
    case "ARRAY":
      return listReader(readerWithin(inside));
    case "STRUCT":
      return structReader(inside);
    case "MAP":
      return mapReader(splitTypes(inside)[1] ?? "STRING");
    case "BOOLEAN":
      return orNull((text) => text === "true");
    case "TINYINT":
    case "SMALLINT":
    case "INT":
    case "BIGINT":
      return orNull(wholeNumber);
    case "FLOAT":
    case "DOUBLE":
      return orNull(Number);
    case "TIMESTAMP":
      return orNull((text) => shortTime(text, "Z"));
    case "TIMESTAMP_NTZ":
      return orNull((text) => shortTime(text, ""));
    case "BINARY":
      return orNull(bytesOf);
    case "VOID":
      return () => null;
    default:
      return orNull((text) => text);
  }
}

function orNull(read: (text: string) => Value): ReadAny {
  return (value) => value === null || value === undefined ? null : read(textOf(value));
}

function textOf(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function wholeNumber(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/** `2020-08-28T03:52:47.000Z` -> `2020-08-28T03:52:47Z`. */
function shortTime(text: string, zone: "Z" | ""): string {
  const found = /^(\d{4,6}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.](\d*?)0*)?(Z|\+00:00)?$/.exec(text);
  if (found === null) return text;
  const [, day, time, fraction] = found;
  return `${day}T${time}${fraction ? `.${fraction}` : ""}${zone}`;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function listReader(read: ReadAny): ReadAny {
  return (value) => Array.isArray(value) ? value.map(read) : null;
}

function structReader(inside: string): ReadAny {
  const fields = splitTypes(inside).map((field) => {
    const colon = field.indexOf(":");
    const name = field.slice(0, colon).trim().replace(/^`|`$/g, "");
    return [name, readerWithin(field.slice(colon + 1).replace(/\s+NOT NULL\s*$/i, ""))] as const;
  });
  return (value) =>
    isObject(value)
      ? Object.fromEntries(fields.map(([name, read]) => [name, read(value[name])]))
      : null;
}

function mapReader(type: string): ReadAny {
  const read = readerWithin(type);
  return (value) =>
    isObject(value)
      ? Object.fromEntries(Object.entries(value).map(([key, of]) => [key, read(of)]))
      : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** At the commas that stand in no bracket. */
function splitTypes(text: string): string[] {
  const parts: string[] = [""];
  let depth = 0;
  for (const character of text) {
    if ("<(".includes(character)) depth++;
    if (">)".includes(character)) depth--;
    if (character === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts;
}

/** JSON whose numbers stay the texts they were. */
function parseExactly(text: string): unknown {
  return JSON.parse(
    text.replace(
      /("(?:[^"\\]|\\.)*")|(-?\d+(?:[.]\d+)?(?:[eE][+-]?\d+)?)/g,
      (_, quoted?: string, number?: string) => quoted ?? `"${number}"`,
    ),
  );
}
