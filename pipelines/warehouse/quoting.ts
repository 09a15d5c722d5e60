/**
 * Quoting: names and texts of ours -> how they stand in a statement.
 *
 *   quoted, literal   for DuckDB
 *   ticked, text      for Databricks, and for DuckDB behind the dialect
 */
import { UsageError } from "../errors.ts";

/** `"index"`: a name that may be a word of the language. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** `'it''s'`. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** `` `index` ``: a name that may be a word of the language, or begin with a digit. */
export const ticked = (name: string): string => `\`${name.replaceAll("`", "``")}\``;

/**
 * `'text'`. A backslash begins an escape on one of the engines, and a doubled quote is two literals
 * beside each other there, which are joined without it.
 * @throws {UsageError} if there is one in it: our own texts have none, a bucket's name may
 */
export function text(plain: string): string {
  if (!/['\\]/.test(plain)) return `'${plain}'`;
  throw new UsageError(`Cannot write ${plain} into a statement: it has a quote or a backslash`);
}
