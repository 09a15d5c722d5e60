/** What a statement may ask of its session: who, where, when, and the variables. */

export type SqlValue = string | number | bigint | null;

export interface SqlContext {
  /** The chosen one. */
  database: string | null;
  /** Of a system variable (`@@x`) or a user variable (`@x`), as written. Throws if unknown. */
  variable(name: string): SqlValue;
  /** The value of a function without arguments, by its name in capitals; undefined: no such. */
  niladic(name: string): SqlValue | undefined;
}

/** Functions of the session that are written without parentheses too. */
export const bareFunctions = new Set([
  "CURRENT_USER",
  "CURRENT_TIMESTAMP",
  "LOCALTIME",
  "LOCALTIMESTAMP",
  "CURRENT_DATE",
  "CURRENT_TIME",
  "UTC_TIMESTAMP",
  "UTC_DATE",
  "UTC_TIME",
]);

/** Which of them give a time, and of what type. */
export const timeFunctions: Readonly<Record<string, "TIMESTAMP" | "DATE" | "TIME">> = {
  NOW: "TIMESTAMP",
  SYSDATE: "TIMESTAMP",
  CURRENT_TIMESTAMP: "TIMESTAMP",
  LOCALTIME: "TIMESTAMP",
  LOCALTIMESTAMP: "TIMESTAMP",
  UTC_TIMESTAMP: "TIMESTAMP",
  CURDATE: "DATE",
  CURRENT_DATE: "DATE",
  UTC_DATE: "DATE",
  CURTIME: "TIME",
  CURRENT_TIME: "TIME",
  UTC_TIME: "TIME",
};
