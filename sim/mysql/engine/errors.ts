/**
 * DuckDB's errors -> MySQL's, with the place in the client's own text.
 *
 * DuckDB gives its errors as JSON (`errors_as_json`): type, message, position in bytes.
 */
import type { Refusal } from "../../duckdb/gate.ts";
import { interrupted, MysqlError, syntaxError, unknownTable } from "../errors.ts";
import type { Rewritten } from "../sql/rewrite.ts";
import type { Token } from "../sql/tokens.ts";

interface EngineError {
  type: string;
  message: string;
  subtype: string;
  /** What is missing: `Table`, `Scalar Function`. */
  kind: string;
  name: string;
  /** In bytes; null: not given. */
  position: number | null;
}

function readError(error: unknown): EngineError {
  const text = error instanceof Error ? error.message : String(error);
  const start = text.indexOf("{");
  let fields: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(text.slice(start < 0 ? text.length : start));
    if (typeof parsed === "object" && parsed !== null) fields = { ...parsed };
  } catch {
    // Not JSON: an error of the driver itself, told as it is.
  }
  const field = (name: string): string => {
    const value = fields[name];
    return typeof value === "string" ? value : "";
  };
  return {
    type: field("exception_type"),
    message: field("exception_message") || text,
    subtype: field("error_subtype"),
    kind: field("type"),
    name: field("name"),
    position: field("position") === "" ? null : Number(field("position")),
  };
}

export interface FailedQuery {
  sql: string;
  tokens: readonly Token[];
  rewritten: Rewritten;
  database: string;
}

/** What the service does not have, in MySQL's words. */
export function refusedByGate(refusal: Refusal, query: FailedQuery): MysqlError {
  const { position } = refusal;
  const message = refusal.kind === "syntax" ? refusal.message : "";
  const at = sourcePosition({ position, message }, query);
  switch (refusal.kind) {
    case "syntax":
      return syntaxError(query.sql, at);
    case "statement":
      return syntaxError(query.sql, position === null ? 0 : at);
    case "function":
      return noSuchFunction(query.database, refusal.name);
    case "relation":
      return unknownTable(refusal.schema || query.database, refusal.name);
    case "column":
      return noSuchColumn(refusal.name, clauseAt(query.tokens, at));
  }
}

function noSuchFunction(database: string, name: string): MysqlError {
  return new MysqlError("ER_SP_DOES_NOT_EXIST", `FUNCTION ${database}.${name} does not exist`);
}

function noSuchColumn(name: string, clause: string): MysqlError {
  const where = clause.replaceAll("'", "");
  return new MysqlError("ER_BAD_FIELD_ERROR", `Unknown column '${name}' in '${where}'`);
}

export function toMysqlError(error: unknown, query: FailedQuery): MysqlError {
  if (error instanceof MysqlError) return error;
  const found = readError(error);
  const at = sourcePosition(found, query);
  // Told in plain words, once rows are under way.
  if (found.message.includes("Interrupted!")) return interrupted();
  switch (found.type) {
    case "Parser":
      return syntaxError(query.sql, at);
    case "Catalog":
      return missing(found, query);
    case "Binder":
      return binder(found, query, at);
    case "Conversion":
    case "Out of Range":
      return new MysqlError("ER_TRUNCATED_WRONG_VALUE", firstLine(found.message));
    case "Permission": // A name that is a file's, told by the locked engine.
      return unknownTable(query.database, /"(.*?)"/.exec(found.message)?.[1] ?? "");
    default:
      return new MysqlError("ER_UNKNOWN_ERROR", firstLine(found.message));
  }
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? text;
}

/** Bytes in the rewritten text -> characters in the client's. */
function sourcePosition(
  { position, message }: Pick<EngineError, "position" | "message">,
  query: FailedQuery,
): number {
  if (position === null || message.includes("at end of input")) return query.sql.length;
  const bytes = new TextEncoder().encode(query.rewritten.sql).subarray(0, position);
  return query.rewritten.sourceOf(new TextDecoder().decode(bytes).length);
}

function missing({ kind, name, message }: EngineError, { database }: FailedQuery): MysqlError {
  if (kind === "Table") return unknownTable(database, name);
  if (kind.includes("Function")) return noSuchFunction(database, name);
  const table = /^Table with name ["']?([^"'\s]+)/.exec(message)?.[1];
  if (table !== undefined) return unknownTable(database, table);
  return new MysqlError("ER_UNKNOWN_ERROR", firstLine(message));
}

function binder(found: EngineError, query: FailedQuery, at: number): MysqlError {
  const { message } = found;
  if (
    found.subtype === "COLUMN_NOT_FOUND" ||
    /^Referenced column|does not have a column/.test(message)
  ) {
    return unknownColumn(found, query, at);
  }
  const table = /^Referenced table "([^"]+)" not found/.exec(message)?.[1];
  if (table !== undefined) return unknownColumn({ ...found, name: table }, query, at);
  const ambiguous = /^Ambiguous reference to column name "([^"]+)"/.exec(message)?.[1];
  if (ambiguous !== undefined) {
    const clause = clauseAt(query.tokens, at);
    return new MysqlError("ER_NON_UNIQ_ERROR", `Column '${ambiguous}' in ${clause} is ambiguous`);
  }
  const ungrouped = /^column "([^"]+)" must appear in the GROUP BY/.exec(message)?.[1];
  if (ungrouped !== undefined) return notGrouped(ungrouped, query);
  if (/aggregate/i.test(message)) {
    return new MysqlError("ER_INVALID_GROUP_FUNC_USE", "Invalid use of group function");
  }
  const duplicate = /^Duplicate alias "([^"]+)"/.exec(message)?.[1];
  if (duplicate !== undefined) {
    return new MysqlError("ER_NONUNIQ_TABLE", `Not unique table/alias: '${duplicate}'`);
  }
  return new MysqlError("ER_UNKNOWN_ERROR", firstLine(message));
}

/** The name is told as the client wrote it, with its table. */
function unknownColumn({ name }: EngineError, { tokens }: FailedQuery, at: number): MysqlError {
  const first = tokens.findIndex((token) => token.at >= at && isName(token));
  const parts: string[] = [];
  for (const [index, token] of tokens.slice(Math.max(first, 0)).entries()) {
    const isPlace = index % 2 === 0 ? isName(token) : token.key === ".";
    if (first < 0 || !isPlace) break;
    if (index % 2 === 0) parts.push(token.value);
  }
  const isThere = parts.some((part) => part.toLowerCase() === name.toLowerCase());
  const column = isThere || name === "" ? parts.join(".") : name;
  return noSuchColumn(column, clauseAt(tokens, at));
}

function isName({ kind }: Token): boolean {
  return kind === "name" || kind === "word";
}

function notGrouped(column: string, { tokens, database }: FailedQuery): MysqlError {
  const isGrouped = tokens.some(({ key }) => key === "GROUP");
  const start = isGrouped
    ? "Expression #1 of SELECT list is not in GROUP BY clause and contains"
    : "In aggregated query without GROUP BY, expression #1 of SELECT list contains";
  const end = isGrouped
    ? "which is not functionally dependent on columns in GROUP BY clause; this is"
    : "; this is";
  return new MysqlError(
    isGrouped ? "ER_WRONG_FIELD_WITH_GROUP" : "ER_MIX_OF_GROUP_FUNC_AND_FIELDS_V2",
    `${start} nonaggregated column '${database}.${column}'${isGrouped ? " " : ""}${end} ` +
      "incompatible with sql_mode=only_full_group_by",
  );
}

const clauses: Readonly<Record<string, string>> = {
  SELECT: "'field list'",
  WHERE: "'where clause'",
  ON: "'on clause'",
  GROUP: "'group statement'",
  HAVING: "'having clause'",
  ORDER: "'order clause'",
};

/** The clause that a place of the text belongs to. */
function clauseAt(tokens: readonly Token[], at: number): string {
  const before = tokens.filter((token) => token.at <= at).reverse();
  for (const { key } of before) {
    const clause = clauses[key];
    if (clause !== undefined) return clause;
  }
  return "'field list'";
}
