/**
 * Rewrite: the tokens of a judged query -> SQL for DuckDB, and the files that it reads.
 *
 * What the dialect's rewriter does not know is done here before it: parameters become literals,
 * types of casts get DuckDB's names, names of three parts become a schema and a table,
 * `read_files(…)` becomes the name of a relation that the engine makes, and generators become
 * `unnest`. Lines stay lines.
 */
import { duckDbType, rewriteForDuckDb } from "../../../sql/dialect/mod.ts";
import {
  argumentsOf,
  closing,
  isSymbol,
  isWord,
  nameOf,
  type Token,
} from "../../../sql/dialect/tokens.ts";
import { notHere, SqlError, syntaxError } from "../errors.ts";
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
  readonly #tokens: readonly Token[];
  readonly #session: Session;
  readonly #parameters: ReadonlyMap<string, Parameter>;
  /** What stands in place of a token; those of a replaced range become empty. */
  readonly #replaced = new Map<Token, string>();
  readonly #files: FilesRead[] = [];

  constructor(
    tokens: readonly Token[],
    session: Session,
    parameters: ReadonlyMap<string, Parameter>,
  ) {
    this.#tokens = tokens;
    this.#session = session;
    this.#parameters = parameters;
  }

  run(): DuckDbQuery {
    const withMetadata = this.#tokens.some((token) => isWord(token, "_metadata"));
    for (let at = 0; at < this.#tokens.length; at++) {
      if (this.#isCall(at, "read_files")) this.#readFiles(at, withMetadata);
      if (this.#isCall(at, "from_json")) this.#jsonOptions(at);
    }
    const kept = this.#tokens.filter((token) => this.#replaced.get(token) !== "");
    judge(kept, joined(kept, this.#replaced));
    for (let at = 0; at < this.#tokens.length; at++) this.#at(at);
    return { sql: rewriteForDuckDb(joined(this.#tokens, this.#replaced)), files: this.#files };
  }

  #isCall(at: number, ...names: string[]): boolean {
    return isWord(this.#tokens[at], ...names) && isSymbol(this.#tokens[at + 1], "(");
  }

  #at(at: number): void {
    const token = this.#tokens[at];
    if (token === undefined || this.#replaced.has(token)) return;
    if (token.kind === "parameter") this.#replaced.set(token, this.#parameter(token));
    else if (this.#isCall(at, "cast", "try_cast")) this.#cast(at + 1);
    else if (this.#isCall(at, "posexplode", "explode")) this.#generate(at);
    else if (this.#isCall(at, "from_json")) this.#fromJson(at);
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
    return `CAST(${value} AS ${typeNamed(parameter.type, token)})`;
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

  #cast(open: number): void {
    const end = closing(this.#tokens, open);
    let depth = 0;
    let as = -1;
    for (let at = open; at < end; at++) {
      if (isSymbol(this.#tokens[at], "(")) depth++;
      else if (isSymbol(this.#tokens[at], ")")) depth--;
      else if (depth === 1 && isWord(this.#tokens[at], "as")) as = at;
    }
    const first = this.#tokens[as + 1];
    if (as === -1 || first === undefined) return;
    const type = this.#tokens.slice(as + 1, end).map((token) => token.text).join("");
    this.#replace(as + 1, end, typeNamed(type, first));
  }

  /**
   * `FROM t, LATERAL posexplode(x) AS p(pos, col)`: the rows of t, each as often as its list is
   * long. As a lateral join DuckDB would copy t's columns to every one of them to join by.
   */
  #generate(at: number): void {
    const token = this.#tokens[at];
    if (!isWord(this.#tokens[at - 1], "lateral")) return this.#generateInSelect(at);
    const from = this.#fromBefore(at);
    if (from === null) {
      throw notHere("a generator is written FROM t, LATERAL posexplode(x) AS p(pos, col)", token);
    }
    const isNumbered = isWord(token, "posexplode");
    const close = closing(this.#tokens, at + 1);
    for (let within = at + 2; within < close; within++) this.#at(within);
    const list = joined(this.#tokens.slice(at + 2, close), this.#replaced, true);
    for (let within = from.start; within < from.end; within++) this.#at(within);
    const source = joined(this.#tokens.slice(from.start, from.end), this.#replaced, true);
    const { alias, columns, end } = this.#generatedNames(close + 1, isNumbered);
    const [place = "pos", value = "col"] = isNumbered ? columns : ["", ...columns];
    const places = isNumbered
      ? `unnest(CAST(range(len(__list)) AS INTEGER[])) AS ${quoted(place)}, `
      : "";
    this.#replace(
      from.start,
      end,
      `(SELECT * EXCLUDE (__list), ${places}unnest(__list) AS ${quoted(value)} ` +
        `FROM (SELECT *, ${list} AS __list FROM ${source})) AS ${from.name}`,
    );
    this.#rename(alias, from.name);
  }

  /** `SELECT posexplode(x) AS (pos, col)`; `explode` alone is the dialect's. */
  #generateInSelect(at: number): void {
    if (isWord(this.#tokens[at], "explode")) return;
    const close = closing(this.#tokens, at + 1);
    for (let within = at + 2; within < close; within++) this.#at(within);
    const list = joined(this.#tokens.slice(at + 2, close), this.#replaced, true);
    const isNamed = isWord(this.#tokens[close + 1], "as") && isSymbol(this.#tokens[close + 2], "(");
    const names = isNamed
      ? argumentsOf(this.#tokens, close + 2).map(([first]) => first ? nameOf(first) : "")
      : [];
    const [place = "pos", value = "col"] = names;
    const end = isNamed ? closing(this.#tokens, close + 2) + 1 : close + 1;
    this.#replace(
      at,
      end,
      `unnest(CAST(range(len(${list})) AS INTEGER[])) AS ${quoted(place)}, ` +
        `unnest(${list}) AS ${quoted(value)}`,
    );
  }

  /** The table or query before `, LATERAL`, and what it is called. */
  #fromBefore(at: number): { start: number; end: number; name: string } | null {
    const end = at - 2;
    if (!isSymbol(this.#tokens[end], ",")) return null;
    let depth = 0;
    let start = end;
    for (; start > 0; start--) {
      const before = this.#tokens[start - 1];
      if (isSymbol(before, ")")) depth++;
      if (isSymbol(before, "(") && --depth < 0) return null;
      if (depth === 0 && isWord(before, "from")) break;
      if (depth === 0 && isSymbol(before, ",")) return null;
    }
    const last = this.#tokens[end - 1];
    const isNamed = last?.kind === "word" || last?.kind === "backticked";
    return isNamed && start > 0 ? { start, end, name: quoted(nameOf(last)) } : null;
  }

  /** `AS p(pos, col)` behind a generator, all of which may be missing. */
  #generatedNames(at: number, isNumbered: boolean) {
    let next = isWord(this.#tokens[at], "as") ? at + 1 : at;
    const token = this.#tokens[next];
    const isNamed = token?.kind === "word" && !isWord(token, "where", "group", "order", "limit");
    if (!isNamed) return { alias: "", columns: isNumbered ? ["pos", "col"] : ["col"], end: at };
    next++;
    if (!isSymbol(this.#tokens[next], "(")) {
      return { alias: nameOf(token), columns: isNumbered ? ["pos", "col"] : ["col"], end: next };
    }
    const columns = argumentsOf(this.#tokens, next).map(([first]) => first ? nameOf(first) : "");
    return { alias: nameOf(token), columns, end: closing(this.#tokens, next) + 1 };
  }

  /** `alias.column` -> `name.column`, wherever it stands. */
  #rename(alias: string, name: string): void {
    for (const [at, token] of this.#tokens.entries()) {
      const isQualifier = token.kind === "word" && isSymbol(this.#tokens[at + 1], ".");
      if (isQualifier && nameOf(token) === alias) this.#replaced.set(token, name);
    }
  }

  /**
   * Text that is no object gives a struct of nulls, and text that is no list null, as Spark does in
   * its permissive mode.
   */
  #fromJson(at: number): void {
    const args = argumentsOf(this.#tokens, at + 1);
    const [json = [], schema = []] = args;
    const [first] = schema;
    if (first?.kind !== "string" || schema.length !== 1 || args.length > 3) {
      throw notHere("from_json takes a text and a schema that is a literal", this.#tokens[at]);
    }
    for (let within = at + 2; within < at + 2 + json.length; within++) this.#at(within);
    const text = joined(json, this.#replaced, true);
    const end = closing(this.#tokens, at + 1);
    this.#replace(at, end + 1, fromJson(text, first));
  }

  /** The third argument of from_json says no more than that JSON is JSON, as it is here anyway. */
  #jsonOptions(at: number): void {
    const [json = [], schema = [], options] = argumentsOf(this.#tokens, at + 1);
    if (options === undefined) return;
    const words = options.filter(({ kind }) => kind === "string").map(({ text }) => text);
    const isStrict = words.every((word, index) =>
      index % 2 === 1 ? word === "'false'" : strictOptions.has(word)
    );
    if (!isWord(options[0], "map") || !isStrict) {
      throw notHere("from_json takes no other options than those of strict JSON", options[0]);
    }
    const start = at + 2 + json.length + 1 + schema.length;
    this.#replace(start, closing(this.#tokens, at + 1), "");
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

  /** Lines within the range stay: the text goes where it begins. */
  #replace(from: number, to: number, text: string): void {
    for (const [index, token] of this.#tokens.slice(from, to).entries()) {
      this.#replaced.set(token, index === 0 ? text : "");
    }
  }
}

/** Puts tokens where they stood, with the lines and columns that they had where that can be. */
function joined(
  tokens: readonly Token[],
  replaced: ReadonlyMap<Token, string>,
  onOneLine = false,
): string {
  let text = "";
  let line = 1;
  let column = 1;
  let before: Token | undefined;
  for (const token of tokens) {
    const isApart = before !== undefined && !touches(before, token);
    before = token;
    const now = replaced.get(token) ?? token.text;
    if (now === "") continue;
    if (!onOneLine && token.line > line) {
      text += "\n".repeat(token.line - line);
      [line, column] = [token.line, 1];
    }
    const gap = onOneLine || token.line < line ? 0 : token.column - column;
    const spaces = " ".repeat(Math.max(gap, isApart && column > 1 ? 1 : 0));
    text += spaces + now;
    column += spaces.length + now.length;
    line += now.split("\n").length - 1;
  }
  return text;
}

/** Whether nothing stood between two tokens. */
function touches(one: Token, next: Token): boolean {
  return one.line === next.line && one.column + one.text.length === next.column;
}

function typeNamed(type: string, at: Token): string {
  try {
    return duckDbType(type.toLowerCase().replace("integer", "int"));
  } catch {
    throw notHere(`the type ${type} has no equal here`, at);
  }
}

const strictOptions = new Set(["'allowSingleQuotes'", "'allowNonNumericNumbers'"]);

function fromJson(text: string, schema: Token): string {
  const written = schema.text.slice(1, -1);
  const element = /^\s*array\s*<(.+)>\s*$/i.exec(written)?.[1];
  if (element !== undefined) {
    const structure = JSON.stringify([typeNamed(element.trim(), schema)]);
    return `json_transform(__json_of(${text}, 'ARRAY'), ${literal(structure)})`;
  }
  const structure = JSON.stringify(Object.fromEntries(columnsOf(written, schema)));
  return `json_transform(coalesce(__json_of(${text}, 'OBJECT'), ` +
    `CASE WHEN ${text} IS NOT NULL THEN '{}' END), ${literal(structure)})`;
}

/** `a string, b int` -> names and DuckDB's types. */
function columnsOf(schema: string, at: Token): [string, string][] {
  return schema.split(/,(?![^<(]*[>)])/).map((column) => {
    const found = /^\s*`?(\w+)`?\s*[:\s]\s*(.+?)\s*$/.exec(column);
    if (found?.[1] === undefined || found[2] === undefined) throw syntaxError(column.trim(), at);
    return [found[1], typeNamed(found[2], at)];
  });
}
