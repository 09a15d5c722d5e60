/**
 * Clock: the moment a test names -> macros that show it instead of the machine's own clock.
 *
 * They belong to one session. Without a moment they fail: a model must not return something else
 * tomorrow without anybody having said what today is.
 */
import { tokenize } from "../../sql/dialect/mod.ts";
import { isWord } from "../../sql/dialect/tokens.ts";

const names = ["now", "current_timestamp", "current_date", "curdate", "localtimestamp", "today"];

/** Whether a model names the clock; in a comment or a text it does not. */
export function looksAtClock(sql: string): boolean {
  return tokenize(sql).some((token) => isWord(token, ...names));
}

/** `at` is an ISO time, null for none. */
export function clockMacros(at: string | null): string {
  const instant = at === null
    ? "error('The model looks at the clock: the test needs a line ''at <timestamp>''')"
    : `'${at}'`;
  const time = `CAST(${instant} AS TIMESTAMPTZ)`;
  return [
    // DuckDB reads CURRENT_TIMESTAMP without brackets as the second of these.
    ...["now", "get_current_timestamp", "current_timestamp"].map((name) => [name, time]),
    ...["current_date", "curdate", "today"].map((name) => [name, `CAST(${time} AS DATE)`]),
    ["current_localtimestamp", `CAST(${time} AS TIMESTAMP)`],
  ].map(([name, as]) => `CREATE OR REPLACE TEMP MACRO ${name}() AS ${as}`).join("; ");
}
