/**
 * Model query: a model and the rows it is given -> one query of DuckDB that needs no tables.
 *
 * The rows stand in a WITH clause under the names of the tables, so that cases can share a
 * database and run at once. All of that is on the first line: lines in errors of the engine
 * stay those of the model's file.
 */
import {
  type Column,
  duckDbType,
  rewriteForDuckDb,
  splitStatements,
  type Token,
} from "../../sql/dialect/mod.ts";
import { closing, isSymbol, isWord, nameOf } from "../../sql/dialect/tokens.ts";
import type { Value } from "../warehouse/duckdb.ts";
import type { Model } from "../warehouse/models.ts";
import { literal } from "./cells.ts";
import type { Problem } from "./types.ts";
import { quoted, ticked } from "../warehouse/quoting.ts";

/** A table that a model reads: its columns with DuckDB's types, and its rows. */
export interface InputTable {
  name: string;
  columns: readonly { name: string; type: string }[];
  rows: readonly (readonly Value[])[];
}

export function duckDbColumns(columns: readonly Column[]): { name: string; type: string }[] {
  return columns.map(({ name, type }) => ({ name, type: duckDbType(type) }));
}

/** The model over these tables, each column cast to what the header declares. */
export function modelQuery(model: Model, inputs: readonly InputTable[]): string {
  const casts = duckDbColumns(model.header.output).map(({ name, type }) =>
    `CAST(${quoted(name)} AS ${type}) AS ${quoted(name)}`
  );
  return `${withInputs(inputs)}SELECT ${casts.join(", ")} FROM (${queryOf(model.text)}\n)`;
}

/** The model's query as it is, under its own names and types. */
export function plainQuery(model: Model, inputs: readonly InputTable[]): string {
  return `${withInputs(inputs)}SELECT * FROM (${queryOf(model.text)}\n)`;
}

/** One of the model's CTEs instead of its last query; null if it has none of that name. */
export function cteQuery(model: Model, cte: string, inputs: readonly InputTable[]): string | null {
  const found = ctesOf(model.text).find(({ name }) => name === cte.toLowerCase());
  if (found === undefined) return null;
  const query = `${found.upToEnd} SELECT * FROM ${ticked(cte)}`;
  return `${withInputs(inputs)}SELECT * FROM (${rewriteForDuckDb(query)}\n)`;
}

export function cteNames(model: Model): string[] {
  return ctesOf(model.text).map(({ name }) => name);
}

/** The one query of a model; a `CREATE OR REPLACE VIEW name AS` above it is left out. */
function queryOf(text: string): string {
  return rewriteForDuckDb(joined(queryTokens(text)));
}

function queryTokens(text: string): Token[] {
  const tokens = splitStatements(text)[0]?.tokens ?? [];
  const first = tokens.findIndex(isCode);
  if (!isWord(tokens[first], "create")) return tokens;
  const end = tokens.findIndex((token) => isWord(token, "as"));
  return tokens.map((token, at) => at < first || at > end ? token : { ...token, text: "" });
}

function isCode({ kind }: Token): boolean {
  return kind !== "space" && kind !== "comment";
}

function joined(tokens: readonly Token[]): string {
  return tokens.map(({ text }) => text).join("");
}

interface Cte {
  name: string;
  /** The text of the query up to the bracket that closes this one. */
  upToEnd: string;
}

function ctesOf(text: string): Cte[] {
  const tokens = queryTokens(text);
  const code = tokens.filter((token) => isCode(token) && token.text !== "");
  const found: Cte[] = [];
  if (!isWord(code[0], "with")) return found;
  for (let at = isWord(code[1], "recursive") ? 2 : 1; at < code.length;) {
    const name = code[at];
    // A list of columns may stand before AS.
    const as = isSymbol(code[at + 1], "(") ? closing(code, at + 1) + 1 : at + 1;
    const end = closing(code, as + 1);
    const last = code[end];
    if (name === undefined || last === undefined || !isWord(code[as], "as")) break;
    found.push({ name: nameOf(name), upToEnd: joined(tokens.slice(0, tokens.indexOf(last) + 1)) });
    if (!isSymbol(code[end + 1], ",")) break;
    at = end + 2;
  }
  return found;
}

function withInputs(inputs: readonly InputTable[]): string {
  if (inputs.length === 0) return "";
  return `WITH ${inputs.map(inputCte).join(", ")} `;
}

function inputCte({ name, columns, rows }: InputTable): string {
  const names = columns.map((column) => quoted(column.name)).join(", ");
  if (rows.length === 0) {
    const nulls = columns.map(({ type }) => `CAST(NULL AS ${type})`).join(", ");
    return `${quoted(name)}(${names}) AS (SELECT ${nulls} WHERE false)`;
  }
  const cells = rows.map((row) =>
    `(${columns.map(({ type }, at) => literal(row[at] ?? null, type)).join(", ")})`
  );
  const casts = columns.map(({ type }, at) => `CAST(c${at} AS ${type})`).join(", ");
  const aliases = columns.map((_, at) => `c${at}`).join(", ");
  return `${quoted(name)}(${names}) AS (SELECT ${casts} FROM (VALUES ${cells.join(", ")}) ` +
    `AS given(${aliases}))`;
}

/** What the engine said, in one sentence, at the line of the file that it means. */
export function engineProblem(error: unknown, { file, text }: Model): Problem {
  if (!(error instanceof Error) || error instanceof TypeError) throw error;
  const said = error.cause instanceof Error ? error.cause.message : error.message;
  const [first = ""] = said.split("\n");
  const lineCount = text.trimEnd().split("\n").length;
  const line = Number(/^LINE ([0-9]+):/m.exec(said)?.[1] ?? 1);
  // Behind the text stands a bracket of ours.
  if (/at end of input/.test(first) || line > lineCount) {
    const message = "Parser Error: the query ends too early: a bracket or a part of it is missing";
    return { file, line: lineCount, message };
  }
  const hint = /^(?:Candidate|Did you mean).*$/m.exec(said)?.[0];
  return {
    file,
    line,
    message: hint === undefined ? first : `${first.replace(/[.!]$/, "")}. ${hint}`,
  };
}
