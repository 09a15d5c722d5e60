/**
 * Rewrite: one MySQL query, as tokens -> the same query for DuckDB.
 *
 * Token by token: quotes, escapes, LIMIT, operators and the functions that differ. What is the
 * same in both stays as it is. The result remembers where each piece came from, so that an
 * error of the engine points into the client's own text.
 *
 * Source: MySQL 8.0 reference, SELECT, Expressions, Functions; DuckDB documentation, SQL.
 * Left out: XOR, user-defined functions, JSON and spatial functions, SELECT ... INTO, AVG of
 * integers as a decimal (it is a double here).
 */
import { MysqlError, syntaxError } from "../errors.ts";
import { bareFunctions, type SqlContext, type SqlValue, timeFunctions } from "./context.ts";
import { type CallWriter, dateFormat, functionNames, functionRewrites } from "./functions.ts";
import { selectItems } from "./select_list.ts";
import type { Token } from "./tokens.ts";

export interface Rewritten {
  sql: string;
  /** Offset in `sql` -> offset in the client's text. */
  sourceOf(offset: number): number;
}

/** Where our tables of that name live: DuckDB's own information_schema is in the way. */
export const informationSchema = "mysql_information_schema";

const operators: Readonly<Record<string, string>> = {
  "&&": "AND",
  "||": "OR",
  "!": "NOT",
  "<=>": "IS NOT DISTINCT FROM",
};

const wordOperators: Readonly<Record<string, string>> = {
  DIV: "//",
  MOD: "%",
  DISTINCTROW: "DISTINCT",
};

const dropped = new Set([
  "SQL_CALC_FOUND_ROWS",
  "SQL_NO_CACHE",
  "SQL_SMALL_RESULT",
  "SQL_BIG_RESULT",
  "SQL_BUFFER_RESULT",
  "HIGH_PRIORITY",
]);

/** Reserved in MySQL, not in DuckDB: bare, they are the mistake everybody makes once. */
const reserved = new Set(["INDEX", "KEY", "KEYS", "RANGE", "READ", "WRITE", "OPTION"]);

const largestLimit = 2n ** 63n - 1n;

export function rewrite(sql: string, tokens: readonly Token[], ctx: SqlContext): Rewritten {
  return new Rewriter(sql, tokens, ctx).finish();
}

class Rewriter implements CallWriter {
  readonly #sql: string;
  readonly #tokens: readonly Token[];
  readonly #ctx: SqlContext;
  readonly #headings = new Map<number, string>();
  readonly #aliases = new Set<number>();
  #output = "";
  readonly #places: { output: number; source: number }[] = [];

  constructor(sql: string, tokens: readonly Token[], ctx: SqlContext) {
    this.#sql = sql;
    this.#tokens = tokens;
    this.#ctx = ctx;
    for (const { to, heading, alias } of selectItems(sql, tokens)) {
      if (heading !== null) this.#headings.set(to, heading);
      if (alias !== null) this.#aliases.add(alias);
    }
  }

  finish(): Rewritten {
    this.range(0, this.#tokens.length - 1);
    const heading = this.#headings.get(this.#tokens.length - 1);
    if (heading !== undefined) this.emit(`AS ${quoteName(heading)}`);
    const places = this.#places;
    return {
      sql: this.#output,
      sourceOf: (offset) => {
        const next = places.findIndex(({ output }) => output > offset);
        return places.at(next < 0 ? -1 : Math.max(next - 1, 0))?.source ?? 0;
      },
    };
  }

  token(at: number): Token {
    const token = this.#tokens[at] ?? this.#tokens.at(-1);
    if (token === undefined) throw new RangeError(`Cannot read token ${at}: there is none`);
    return token;
  }

  key(at: number): string {
    return at < 0 ? "" : this.token(at).key;
  }

  emit(text: string, source?: Token): void {
    if (source !== undefined) {
      this.#places.push({ output: this.#output.length, source: source.at });
    }
    this.#output += `${text} `;
  }

  /** Writes the tokens from one index up to, not including, another. */
  range(from: number, to: number): void {
    for (let at = from; at < to;) {
      const heading = this.#headings.get(at);
      if (heading !== undefined) this.emit(`AS ${quoteName(heading)}`);
      at = this.#one(at);
    }
  }

  /** Writes what begins at a token, and returns where the next thing begins. */
  #one(at: number): number {
    const token = this.token(at);
    switch (token.kind) {
      case "name":
        this.emit(this.#schemaOr(at, quoteName(token.value)), token);
        return at + 1;
      case "text":
        return this.#text(at, token);
      case "number":
      case "parameter":
        this.emit(token.value, token);
        return at + 1;
      case "hex":
        this.emit(`'${token.value.replace(/../g, "\\x$&")}'::BLOB`, token);
        return at + 1;
      case "variable":
        this.emit(literal(this.#ctx.variable(token.value)), token);
        return at + 1;
      case "sign":
        this.emit(operators[token.key] ?? token.value, token);
        return at + 1;
      default:
        return this.#word(at, token);
    }
  }

  #schemaOr(at: number, name: string): string {
    const isSchema = this.token(at).value.toLowerCase() === "information_schema" &&
      this.key(at + 1) === ".";
    return isSchema ? informationSchema : name;
  }

  #text(at: number, token: Token): number {
    if (this.#aliases.has(at)) this.emit(quoteName(token.value), token);
    else if (["FROM", "JOIN"].includes(this.key(at - 1))) throw syntaxError(this.#sql, token.at);
    else this.emit(literal(token.value), token);
    return at + 1;
  }

  #word(at: number, token: Token): number {
    const { key } = token;
    const isMember = this.key(at - 1) === ".";
    if (isMember) {
      this.emit(quoteName(token.value), token);
      return at + 1;
    }
    if (this.#aliases.has(at)) {
      this.emit(quoteName(token.value), token);
      return at + 1;
    }
    if (dropped.has(key) || isIntroducer(token, this.token(at + 1))) return at + 1;
    const clause = this.#clause(at, key);
    if (clause !== null) return clause;
    const isCall = this.key(at + 1) === "(";
    if (isCall) return this.#call(at, token);
    if (bareFunctions.has(key)) return this.#niladic(at, token, at + 1);
    if (reserved.has(key)) throw syntaxError(this.#sql, token.at);
    this.emit(wordOperators[key] ?? this.#schemaOr(at, token.value), token);
    return at + 1;
  }

  /** Clauses that MySQL has and DuckDB has not, or differently. Null: none of them. */
  #clause(at: number, key: string): number | null {
    switch (key) {
      case "LIMIT":
        return this.#limit(at);
      case "LIKE":
        return this.#like(at);
      case "REGEXP":
      case "RLIKE":
        return this.#regexp(at, "~");
      case "NOT":
        return ["REGEXP", "RLIKE"].includes(this.key(at + 1)) ? this.#regexp(at + 1, "!~") : null;
      case "COLLATE":
        return at + 2;
      case "BINARY":
        return this.key(at + 1) === "(" ? null : at + 1;
      case "FROM":
        return this.key(at + 1) === "DUAL" ? at + 2 : null;
      case "STRAIGHT_JOIN":
        if (this.key(at - 1) !== "SELECT") this.emit("JOIN", this.token(at));
        return at + 1;
      case "USE":
      case "FORCE":
      case "IGNORE":
        return ["INDEX", "KEY"].includes(this.key(at + 1)) ? this.#hint(at) : null;
      case "FOR":
        return ["UPDATE", "SHARE"].includes(this.key(at + 1)) ? this.#lock(at) : null;
      case "LOCK":
        return this.key(at + 1) === "IN" ? at + 4 : null;
      case "INTO":
        throw new MysqlError(
          "ER_OPTION_PREVENTS_STATEMENT",
          "The MySQL server is running with the --secure-file-priv option so it cannot execute " +
            "this statement",
        );
      default:
        return null;
    }
  }

  /** `LIMIT skip, count` -> `LIMIT count OFFSET skip`. */
  #limit(at: number): number {
    const first = this.token(at + 1);
    const hasTwo = this.key(at + 2) === ",";
    this.emit("LIMIT", this.token(at));
    if (!hasTwo) {
      this.emit(limitOf(first), first);
      return at + 2;
    }
    const second = this.token(at + 3);
    this.emit(limitOf(second), second);
    this.emit("OFFSET");
    this.emit(limitOf(first), first);
    return at + 4;
  }

  /** Upper and lower case are alike, and a backslash escapes, unless ESCAPE says otherwise. */
  #like(at: number): number {
    const pattern = this.token(at + 1);
    if (pattern.key === "BINARY") {
      this.emit("LIKE", this.token(at));
      return at + 2;
    }
    this.emit("ILIKE", this.token(at));
    if (pattern.kind !== "text") return at + 1;
    const hasEscape = this.key(at + 2) === "ESCAPE";
    this.emit(literal(pattern.value), pattern);
    if (!hasEscape) this.emit(pattern.value.endsWith("\\") ? "" : "ESCAPE '\\'");
    return at + 2;
  }

  /** MySQL searches for the pattern, DuckDB's operator wants the whole text to match. */
  #regexp(at: number, operator: string): number {
    this.emit(operator, this.token(at));
    const pattern = this.token(at + 1);
    if (pattern.kind === "text") {
      this.emit(literal(`(?is).*(?:${pattern.value}).*`), pattern);
      return at + 2;
    }
    return at + 1;
  }

  /** `USE INDEX [FOR ...] (a, b)`: advice that is not needed. */
  #hint(at: number): number {
    let open = at;
    while (this.key(open) !== "(" && this.token(open).kind !== "end") open++;
    return this.closing(open) + 1;
  }

  /** `FOR UPDATE [OF t] [NOWAIT | SKIP LOCKED]`: nothing is ever written here. */
  #lock(at: number): number {
    let end = at;
    while (this.token(end).kind !== "end" && this.key(end) !== ")") end++;
    return end;
  }

  #call(at: number, token: Token): number {
    const close = this.closing(at + 1);
    if (close === at + 2) {
      const value = this.#ctx.niladic(token.key);
      if (value !== undefined) return this.#niladic(at, token, close + 1);
    }
    if (token.key === "DATE_FORMAT" && this.token(close - 1).kind === "text") {
      return this.#dateFormat(at, close);
    }
    const special = functionRewrites[token.key];
    if (special !== undefined) {
      special(this, at, close);
      return close + 1;
    }
    this.emit(functionNames[token.key] ?? token.value, token);
    return at + 1;
  }

  #niladic(at: number, token: Token, next: number): number {
    const type = timeFunctions[token.key];
    const value = literal(this.#ctx.niladic(token.key) ?? null);
    this.emit(type === undefined ? value : `${type} ${value}`, this.token(at));
    return next;
  }

  #dateFormat(at: number, close: number): number {
    this.emit("strftime(CAST(", this.token(at));
    this.range(at + 2, close - 2);
    this.emit("AS TIMESTAMP),");
    this.emit(literal(dateFormat(this.token(close - 1).value)), this.token(close - 1));
    this.emit(")");
    return close + 1;
  }

  /** Index of the parenthesis that closes the one at an index. */
  closing(open: number): number {
    let depth = 0;
    for (let at = open; at < this.#tokens.length; at++) {
      if (this.key(at) === "(") depth++;
      if (this.key(at) === ")" && --depth === 0) return at;
    }
    throw syntaxError(this.#sql, this.#sql.length);
  }

  /** Where the arguments of a call begin and end. */
  arguments(open: number, close: number): { from: number; to: number }[] {
    const found: { from: number; to: number }[] = [];
    let from = open + 1;
    let depth = 0;
    for (let at = from; at <= close; at++) {
      if (this.key(at) === "(") depth++;
      if (depth === 0 && (this.key(at) === "," || at === close)) {
        found.push({ from, to: at });
        from = at + 1;
      }
      if (this.key(at) === ")") depth--;
    }
    return found;
  }
}

/** `_utf8mb4'x'`, `N'x'`. */
function isIntroducer(token: Token, next: Token): boolean {
  return next.kind === "text" && next.at === token.end &&
    (token.value.startsWith("_") || token.key === "N");
}

function limitOf(token: Token): string {
  if (token.kind === "number" && /^[0-9]+$/.test(token.value)) {
    const count = BigInt(token.value);
    return String(count > largestLimit ? largestLimit : count);
  }
  return token.value;
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A value as DuckDB reads it. */
export function literal(value: SqlValue): string {
  if (value === null) return "NULL";
  if (typeof value !== "string") return String(value);
  const quoted = `'${value.replaceAll("'", "''")}'`;
  return value.includes("\0") ? `(${quoted.replaceAll("\0", "'||chr(0)||'")})` : quoted;
}
