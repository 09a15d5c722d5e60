/**
 * Names: `catalog.schema.table` of a statement -> a schema and a table of DuckDB.
 *
 * A schema of a catalog is one schema of the DuckDB file, named `catalog.schema`. Names are
 * compared without regard to case, as Unity Catalog does, and kept in small letters.
 */
import { nameOf, type Token } from "../../../sql/dialect/tokens.ts";
import { isSymbol } from "../../../sql/dialect/tokens.ts";

export interface Session {
  catalog: string;
  schema: string;
}

export interface TableName {
  /** As DuckDB calls the schema: `catalog.schema`. */
  schema: string;
  table: string;
  /** How many tokens the name took. */
  length: number;
  /** For messages: with backticks, as it was written. */
  written: string;
}

/** The name at a token, of one to three parts; null if there is none. */
export function tableNameAt(
  tokens: readonly Token[],
  at: number,
  session: Session,
): TableName | null {
  const parts = partsAt(tokens, at);
  const table = parts.at(-1);
  if (table === undefined || parts.length > 3) return null;
  const schema = parts.at(-2) ?? session.schema;
  const catalog = parts.at(-3) ?? session.catalog;
  return {
    schema: schemaName(catalog, schema),
    table,
    length: parts.length * 2 - 1,
    written: parts.map((part) => `\`${part}\``).join("."),
  };
}

export function partsAt(tokens: readonly Token[], at: number): string[] {
  const parts: string[] = [];
  for (let next = at;; next += 2) {
    const token = tokens[next];
    if (token?.kind !== "word" && token?.kind !== "backticked") return [];
    parts.push(nameOf(token));
    if (!isSymbol(tokens[next + 1], ".")) return parts;
  }
}

export const schemaName = (catalog: string, schema: string): string => `${catalog}.${schema}`;

/** For DuckDB. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** For DuckDB. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export const quotedTable = ({ schema, table }: TableName): string =>
  `${quoted(schema)}.${quoted(table)}`;
