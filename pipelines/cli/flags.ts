/**
 * Flags: texts from the command line -> checked values, or one sentence that says what is wrong.
 */
import { UsageError } from "../errors.ts";
import { sourceTables, type TableName, tableNames } from "../tables.ts";

/** A whole number within limits, both included. */
export function wholeNumber(flag: string, { min = 0, max = Number.MAX_SAFE_INTEGER } = {}) {
  return (text: string): number => {
    const value = /^[0-9][0-9_]*$/.test(text) ? Number(text.replaceAll("_", "")) : NaN;
    if (value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} on` : `from ${min} to ${max}`;
    throw new UsageError(`${flag} is '${text}': must be a whole number ${range}`);
  };
}

/** `all`, or how many posts. */
export function rowCount(text: string): number | "all" {
  return text === "all" ? "all" : wholeNumber("--rows", { min: 1 })(text);
}

/** One of a few words. */
export function oneOf<const T extends string>(flag: string, words: readonly T[]) {
  return (text: string): T => {
    const found = words.find((word) => word === text);
    if (found !== undefined) return found;
    throw new UsageError(`${flag} is '${text}': must be ${words.join(" or ")}`);
  };
}

/** `geo`, `geo,user` or the name in the source; may be given again. */
export function tablesLeftOut(text: string, before: TableName[] = []): TableName[] {
  const named = text.split(",").map((word) => {
    const plain = word.trim().toLowerCase();
    const table = tableNames.find((one) => one === plain || sourceTables[one].source === plain);
    if (table !== undefined) return table;
    throw new UsageError(`--without is '${text}': must be of ${tableNames.join(", ")}`);
  });
  const all = tableNames.filter((table) => before.includes(table) || named.includes(table));
  if (all.length < tableNames.length) return all;
  throw new UsageError("--without names all tables: nothing would be left");
}

/** The prefix of all names. */
export function pipelineId(text: string): string {
  if (/^[0-9a-f]{12}$/.test(text)) return text;
  throw new UsageError(`--id is '${text}': must be twelve hex digits, e.g. 0a1b2c3d4e5f`);
}

/** `10s`, `5m`, `1h` or `250ms`, as milliseconds. */
export function duration(flag: string) {
  return (text: string): number => {
    const found = /^([0-9]+)(ms|s|m|h)$/.exec(text);
    const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[found?.[2] ?? ""];
    if (unitMs !== undefined) return Number(found?.[1]) * unitMs;
    throw new UsageError(`${flag} is '${text}': must be a time such as 30s, 5m or 250ms`);
  };
}

/** A time, or a number of seconds without a unit; as seconds, from `min` to `max`. */
export function seconds(flag: string, { min, max }: { min: number; max: number }) {
  return (text: string): number => {
    const value = duration(flag)(/^[0-9]+$/.test(text) ? `${text}s` : text) / 1000;
    if (value >= min && value <= max) return value;
    throw new UsageError(`${flag} is '${text}': must be from ${min}s to ${max}s`);
  };
}
