/**
 * Rewrite: the tokens of a judged query -> SQL for DuckDB, and the files that it reads.
 *
 * What the query means is the dialect's business. Before it, parameters become literals, names of
 * three parts a schema and a table, `read_files(…)` the name of a relation that the engine makes,
 * and columns without a name get Spark's. Lines stay lines.
 */
import { duckDbCast, rewriteForDuckDb } from "../../../sql/dialect/mod.ts";
import {
  argumentsOf,
  closing,
  isSymbol,
  isWord,
  nameOf,
  significant,
  type Token,
} from "../../../sql/dialect/tokens.ts";
import { notHere, SqlError } from "../errors.ts";
import { columnNames } from "./column_names.ts";
import { judge } from "./judge.ts";
import { literal, quoted, type Session, tableNameAt } from "./names.ts";
import type { Query } from "./statement.ts";

export interface Parameter {
  /** Null: a null of that type. */
  value: string | null;
  type: string;
}

export interface FilesRead {
  /** The name of the relation in the rewritten query. */
  relation: string;
  /** `s3://bucket/prefix`. */
  path: string;
  /** By name in small letters: `format`, `wholetext`, …, as they were written. */
  options: ReadonlyMap<string, string>;
  /** Whether the query asks for `_metadata`. */
  withMetadata: boolean;
}

export interface DuckDbQuery {
  sql: string;
  files: FilesRead[];
}

/** @throws {SqlError} if Databricks would not run it, or the simulator cannot */
export function rewrite(
  query: Query,
  session: Session,
  parameters: ReadonlyMap<string, Parameter>,
): DuckDbQuery {
  const rewriter = new Rewriter(query, session, parameters);
  return rewriter.run();
}

class Rewriter {
  readonly #all: readonly Token[];
  readonly #tokens: readonly Token[];
  readonly #session: Session;
  readonly #parameters: ReadonlyMap<string, Parameter>;
  /** What stands in place of a token; those of a replaced range become empty. */
  readonly #replaced = new Map<Token, string>();
  readonly #files: FilesRead[] = [];

  constructor(query: Query, session: Session, parameters: ReadonlyMap<string, Parameter>) {
    this.#all = query;
    this.#tokens = significant(query);
    this.#session = session;
    this.#parameters = parameters;
  }

  run(): DuckDbQuery {
    const withMetadata = this.#tokens.some((token) => isWord(token, "_metadata"));
    for (let at = 0; at < this.#tokens.length; at++) {
      if (this.#isCall(at, "read_files")) this.#readFiles(at, withMetadata);
    }
    judge(this.#text());
    const kept = this.#tokens.filter((token) => this.#replaced.get(token) !== "");
    for (let at = 0; at < this.#tokens.length; at++) this.#at(at);
    for (const [last, name] of columnNames(kept)) {
      this.#replaced.set(last, `${this.#replaced.get(last) ?? last.text} AS ${quoted(name)}`);
    }
    return { sql: rewriteForDuckDb(this.#text()), files: this.#files };
  }

  /** At the place that it has in the statement. */
  #text(): string {
    const { line, column } = this.#all[0] ?? { line: 1, column: 1 };
    const text = this.#all.map((token) => this.#replaced.get(token) ?? token.text).join("");
    return "\n".repeat(line - 1) + " ".repeat(column - 1) + text;
  }

  #isCall(at: number, name: string): boolean {
    return isWord(this.#tokens[at], name) && isSymbol(this.#tokens[at + 1], "(");
  }

  #at(at: number): void {
    const token = this.#tokens[at];
    if (token === undefined || this.#replaced.has(token)) return;
    if (token.kind === "parameter") this.#replaced.set(token, this.#parameter(token));
    else if (isWord(token, "from", "join")) this.#table(at + 1);
    else if (isWord(token, "as")) this.#cte(at);
  }

  #parameter(token: Token): string {
    const parameter = this.#parameters.get(token.text.slice(1).toLowerCase());
    if (parameter === undefined) {
      throw new SqlError(
        "UNBOUND_SQL_PARAMETER",
        `Found the unbound parameter: ${token.text.slice(1)}. Please, fix \`args\` and provide a ` +
          "mapping of the parameter to either a SQL literal or collection constructor functions",
        "42P02",
        token,
      );
    }
    const value = parameter.value === null ? "NULL" : literal(parameter.value);
    const type = parameter.type.toLowerCase();
    try {
      return duckDbCast(value, type === "integer" ? "int" : type);
    } catch {
      throw notHere(`the type ${parameter.type} has no equal here`, token);
    }
  }

  #table(at: number): void {
    const name = tableNameAt(this.#tokens, at, this.#session);
    if (name === null || name.length === 1 || isSymbol(this.#tokens[at + name.length], "(")) return;
    this.#replace(at, at + name.length, `${quoted(name.schema)}.${quoted(name.table)}`);
  }

  /** Spark never stores what a CTE gives: a chain of them may be wide. */
  #cte(at: number): void {
    const token = this.#tokens[at];
    const inside = this.#tokens[at + 2];
    const isQuery = isWord(inside, "select", "with") || isSymbol(inside, "(");
    const isNamed = isWord(this.#tokens[at - 2], "with") || isSymbol(this.#tokens[at - 2], ",");
    if (token === undefined || !isNamed || !isQuery || !isSymbol(this.#tokens[at + 1], "(")) return;
    this.#replaced.set(token, "AS NOT MATERIALIZED");
  }

  #readFiles(at: number, withMetadata: boolean): void {
    const token = this.#tokens[at];
    const [path, ...rest] = argumentsOf(this.#tokens, at + 1);
    const [only] = path ?? [];
    if (path?.length !== 1 || token === undefined) {
      throw notHere("read_files takes its path first, as a literal or a parameter", token ?? null);
    }
    const options = new Map(rest.map((part) => this.#option(part, token)));
    const relation = `__files_${this.#files.length + 1}`;
    this.#files.push({ relation, path: this.#constant(only, token), options, withMetadata });
    this.#replace(at, closing(this.#tokens, at + 1) + 1, relation);
  }

  #option(part: readonly Token[], call: Token): [string, string] {
    const [name, arrow, value] = part;
    if (name?.kind !== "word" || !isSymbol(arrow, "=>") || part.length !== 3) {
      throw notHere("an option of read_files is written name => literal", call);
    }
    return [nameOf(name), this.#constant(value, call)];
  }

  #constant(token: Token | undefined, call: Token): string {
    if (token?.kind === "string") return token.text.slice(1, -1);
    if (token?.kind === "number" || isWord(token, "true", "false")) return token?.text ?? "";
    const parameter = token?.kind === "parameter"
      ? this.#parameters.get(token.text.slice(1).toLowerCase())?.value
      : undefined;
    if (parameter === undefined || parameter === null) {
      throw notHere("read_files takes literals and parameters", token ?? call);
    }
    return parameter;
  }

  /** The text goes where the range begins; lines within it stay. */
  #replace(from: number, to: number, text: string): void {
    for (const [index, token] of this.#tokens.slice(from, to).entries()) {
      this.#replaced.set(token, index === 0 ? text : "");
    }
  }
}
