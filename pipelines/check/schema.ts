/**
 * Schema: `schema.sql` -> the source tables that a folder of models reads.
 *
 *   create table raw_orders (
 *       id bigint not null comment 'as the shop counts',
 *       lines array<string>
 *   );
 *
 * Types are Databricks SQL's. What a statement says beside names and types is read over.
 */
import { type Column, duckDbType, splitStatements, type Token } from "../../sql/dialect/mod.ts";
import { argumentsOf, isSymbol, isWord, nameOf, significant } from "../../sql/dialect/tokens.ts";
import type { Problem } from "./types.ts";

export interface Schema {
  tables: Map<string, Column[]>;
  problems: Problem[];
}

export function readSchema(text: string, file: string): Schema {
  const schema: Schema = { tables: new Map(), problems: [] };
  for (const { tokens, line } of splitStatements(text)) {
    const code = significant(tokens);
    const open = code.findIndex((token) => isSymbol(token, "("));
    const name = code[open - 1];
    const isTable = isWord(code[0], "create") &&
      code.slice(1, 4).some((token) => isWord(token, "table"));
    if (!isTable || open === -1 || name === undefined) {
      const message = "Only CREATE TABLE name (column type, …) stands in a schema";
      schema.problems.push({ file, line, message });
      continue;
    }
    const columns = argumentsOf(code, open).flatMap((part) => readColumn(part, file, schema));
    schema.tables.set(nameOf(name), columns);
  }
  return schema;
}

/** Words that end a type. */
const afterType = ["not", "null", "comment", "default", "generated", "primary", "references"];

function readColumn(tokens: readonly Token[], file: string, schema: Schema): Column[] {
  const [name, ...rest] = tokens;
  if (name === undefined || isWord(name, "constraint", "primary", "foreign", "unique")) return [];
  const end = rest.findIndex((token) => isWord(token, ...afterType));
  const type = (end === -1 ? rest : rest.slice(0, end)).map((token) => token.text).join("");
  try {
    duckDbType(type, name.line);
    return [{ name: nameOf(name), type }];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const message = `The column ${nameOf(name)} has no type that both engines know: '${type}'`;
    schema.problems.push({ file, line: name.line, message });
    return [];
  }
}
