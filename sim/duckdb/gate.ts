/**
 * Gate: a query from outside, as it would reach DuckDB -> nothing, or the first part of it that
 * the service does not have.
 *
 * DuckDB has functions and views that read files, run texts as SQL and tell of the machine. So the
 * lists say what may pass, not what may not; and DuckDB's own parser reads the query, so that no
 * spelling gets by: quotes, schemas, method calls, lambdas, table functions, names of CTEs.
 *
 * The locked settings (settings.ts) stand behind it.
 */
import type { DuckDBConnection } from "@duckdb/node-api";

/** What a service has. Names are in small letters. */
export interface Rules {
  /** Where a value stands; in FROM no function passes. */
  functions: ReadonlySet<string>;
  /** Of a table or view; the schema is empty where none was written. */
  hasRelation(schema: string, name: string): boolean;
}

/** Places are bytes of the query; null: not known. */
export type Refusal =
  /** DuckDB cannot read it. */
  | { kind: "syntax"; message: string; position: number | null }
  /** It is not one query, or has a clause that is DuckDB's alone. */
  | { kind: "statement"; position: number | null }
  | { kind: "function" | "column"; name: string; position: number | null }
  | { kind: "relation"; schema: string; name: string; position: number | null };

/** Null: all that the query asks for is there to be asked for. */
export async function refusalOf(
  sql: string,
  connection: DuckDBConnection,
  rules: Rules,
): Promise<Refusal | null> {
  // DuckDB would read no further, here and when the query runs.
  if (sql.includes("\0")) return { kind: "syntax", message: "", position: null };
  const text = `'${sql.replaceAll("'", "''")}'`;
  const found = await connection.runAndReadAll(`SELECT system.main.json_serialize_sql(${text})`);
  const tree: Json = JSON.parse(String(found.getRows()[0]?.[0]));
  if (!isNode(tree)) return { kind: "statement", position: null };
  if (tree.error !== false) return unread(tree);
  const { statements } = tree;
  const [query, second] = Array.isArray(statements) ? statements : [];
  if (query === undefined || second !== undefined) return { kind: "statement", position: null };
  return refusalIn(query, rules, new Set());
}

/**
 * The views that DuckDB finds by their bare names, and that tell of DuckDB and of the machine.
 *
 * Those of information_schema are not among them: they need their schema.
 */
export async function ownViews(connection: DuckDBConnection): Promise<ReadonlySet<string>> {
  const found = await connection.runAndReadAll(
    "SELECT view_name FROM duckdb_views() WHERE internal AND schema_name <> 'information_schema'",
  );
  return new Set(found.getRows().map(([name]) => String(name).toLowerCase()));
}

type Json = null | boolean | number | string | Json[] | Node;

interface Node {
  [field: string]: Json;
}

/** Names of CTEs that a place can see. */
type Scope = ReadonlySet<string>;

/** What may stand in FROM, or has a refusal of its own. The others: SHOW, DESCRIBE, SUMMARIZE. */
const sources = new Set([
  "BASE_TABLE",
  "EMPTY",
  "EXPRESSION_LIST",
  "JOIN",
  "SUBQUERY",
  "TABLE_FUNCTION",
]);

/** Bare names that DuckDB answers as functions, and that nobody gives to a column. */
const bareFunctions = new Set(["current_catalog", "current_role", "current_schema"]);

function refusalIn(value: Json, rules: Rules, scope: Scope): Refusal | null {
  if (Array.isArray(value)) return firstIn(value, rules, scope);
  if (!isNode(value)) return null;
  const own = refusalOfNode(value, rules, scope);
  if (own !== null) return own;
  let inner = scope;
  for (const { key, value: cte } of ctesOf(value)) {
    // A CTE sees those before it, and not itself.
    const found = refusalIn(cte ?? null, rules, inner);
    if (found !== null) return found;
    inner = new Set([...inner, nameOf(key)]);
  }
  if (value.type === "RECURSIVE_CTE_NODE") inner = new Set([...inner, nameOf(value.cte_name)]);
  const { cte_map: _, ...others } = value;
  return firstIn(Object.values(others), rules, inner);
}

function firstIn(values: readonly Json[], rules: Rules, scope: Scope): Refusal | null {
  for (const value of values) {
    const found = refusalIn(value, rules, scope);
    if (found !== null) return found;
  }
  return null;
}

function refusalOfNode(node: Node, rules: Rules, scope: Scope): Refusal | null {
  const position = placeOf(node);
  // Of another list than a function of the same name that gives a value, `repeat` for example.
  if (node.type === "TABLE_FUNCTION") {
    const name = isNode(node.function) ? nameOf(node.function.function_name) : "";
    return { kind: "function", name, position };
  }
  if (typeof node.function_name === "string") {
    const name = nameOf(node.function_name);
    return rules.functions.has(name) ? null : { kind: "function", name, position };
  }
  if (node.type === "BASE_TABLE") return refusalOfRelation(node, rules, scope);
  if (node.type === "COLUMN_REF") return refusalOfColumn(node);
  const inFrom = node.type === "JOIN" ? [node.left, node.right] : [node.from_table];
  const isOurs = inFrom.every((source) => !isNode(source) || sources.has(String(source.type)));
  return isOurs ? null : { kind: "statement", position };
}

function refusalOfRelation(node: Node, rules: Rules, scope: Scope): Refusal | null {
  const [catalog, schema, name] = [node.catalog_name, node.schema_name, node.table_name].map(
    nameOf,
  );
  const isBare = catalog === "" && schema === "";
  if (isBare && scope.has(name ?? "")) return null;
  if (catalog === "" && rules.hasRelation(schema ?? "", name ?? "")) return null;
  return { kind: "relation", schema: schema ?? "", name: name ?? "", position: placeOf(node) };
}

function refusalOfColumn(node: Node): Refusal | null {
  const names = Array.isArray(node.column_names) ? node.column_names.map(nameOf) : [];
  const [name = "", more] = names;
  if (more !== undefined || !bareFunctions.has(name)) return null;
  return { kind: "column", name, position: placeOf(node) };
}

function ctesOf({ cte_map: ctes }: Node): Node[] {
  return isNode(ctes) && Array.isArray(ctes.map) ? ctes.map.filter(isNode) : [];
}

function unread(error: Node): Refusal {
  if (error.error_type !== "parser") return { kind: "statement", position: null };
  const position = error.position === undefined ? null : Number(error.position);
  return { kind: "syntax", message: String(error.error_message), position };
}

function isNode(value: Json | undefined): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nameOf(value: Json | undefined): string {
  return typeof value === "string" ? value.toLowerCase() : "";
}

/** The largest number stands for a place that the parser does not know. */
function placeOf({ query_location: place }: Node): number | null {
  return typeof place === "number" && Number.isSafeInteger(place) ? place : null;
}
