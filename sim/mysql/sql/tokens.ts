/**
 * Tokens: MySQL's SQL -> words, names, literals and signs, each with its place.
 *
 * Comments are white space, except those with an exclamation mark, whose contents count.
 * Characters without meaning in MySQL are a syntax error here, so that nothing gets through
 * which only DuckDB understands.
 *
 * Source: MySQL 8.0 reference, Lexical Structure and Comments.
 */
import { syntaxError } from "../errors.ts";

export interface Token {
  /**
   * word: a bare word; name: in backticks; text: a quoted string, its escapes undone;
   * number; hex; parameter: `?`; variable: `@x` or `@@x`, as written; sign: anything else.
   */
  kind: "word" | "name" | "text" | "number" | "hex" | "parameter" | "variable" | "sign" | "end";
  /** Words as written; names and texts without quotes. */
  value: string;
  /** The word in upper case, the sign, or empty: what the grammar compares with. */
  key: string;
  /** Offset of the first character, and after the last one. */
  at: number;
  end: number;
}

export interface TokenizeOptions {
  /** Double quotes enclose names, not texts. */
  ansiQuotes?: boolean;
}

const wordStart = /[\p{L}_$\u0080-\uffff]/u;
const signs = ["<=>", "->>", "<<", ">>", "<=", ">=", "<>", "!=", ":=", "||", "&&", "->"];
const singleSigns = "()+-*/%=<>!~^&|,;.";
const number = /(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y;
const word = /[\p{L}\p{N}_$\u0080-\uffff]+/uy;
const variable = /@@?(?:[\p{L}\p{N}_$.]+|`[^`]*`|'[^']*')?/uy;
const space = /\s+/y;
const lineComment = /(?:#|--(?=\s|$))[^\n]*/y;
const hexLiteral = /0x[0-9a-fA-F]+(?![\p{L}\p{N}_])|[xX]'(?:[0-9a-fA-F]{2})*'/uy;

/** The tokens of a text, the last one being `end`. */
export function tokenize(sql: string, { ansiQuotes = false }: TokenizeOptions = {}): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let openComments = 0;
  while (at < sql.length) {
    const skipped = matchAt(space, sql, at) ?? matchAt(lineComment, sql, at);
    if (skipped !== null) {
      at += skipped.length;
      continue;
    }
    if (sql.startsWith("/*!", at)) {
      at += 3 + (matchAt(/[0-9]{5,6}/y, sql, at + 3)?.length ?? 0);
      openComments++;
      continue;
    }
    if (openComments > 0 && sql.startsWith("*/", at)) {
      openComments--;
      at += 2;
      continue;
    }
    if (sql.startsWith("/*", at)) {
      const end = sql.indexOf("*/", at + 2);
      if (end < 0) throw syntaxError(sql, at);
      at = end + 2;
      continue;
    }
    const token = nextToken(sql, at, ansiQuotes);
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: "end", value: "", key: "", at: sql.length, end: sql.length });
  return tokens;
}

function nextToken(sql: string, at: number, ansiQuotes: boolean): Token {
  const make = (kind: Token["kind"], source: string, value = source, key = ""): Token => ({
    kind,
    value,
    key,
    at,
    end: at + source.length,
  });
  const first = sql.charAt(at);
  if (first === "`" || (first === '"' && ansiQuotes)) return quotedName(sql, at, first);
  if (first === "'" || first === '"') return quotedText(sql, at, first);
  const hex = matchAt(hexLiteral, sql, at);
  if (hex !== null) return make("hex", hex, hex.replace(/^0x|^[xX]|'/g, ""));
  const digits = matchAt(number, sql, at);
  if (digits !== null) return numberOrWord(sql, at, digits, make);
  if (wordStart.test(first)) {
    const text = matchAt(word, sql, at) ?? first;
    return make("word", text, text, text.toUpperCase());
  }
  if (first === "@") {
    const name = matchAt(variable, sql, at) ?? first;
    return make("variable", name, name.replace(/[`']/g, ""));
  }
  if (first === "?") return make("parameter", first);
  const sign = signs.find((candidate) => sql.startsWith(candidate, at));
  if (sign !== undefined) return make("sign", sign, sign, sign);
  if (singleSigns.includes(first)) return make("sign", first, first, first);
  throw syntaxError(sql, at);
}

/** MySQL allows names that begin with a digit. */
function numberOrWord(
  sql: string,
  at: number,
  digits: string,
  make: (kind: Token["kind"], source: string, value?: string, key?: string) => Token,
): Token {
  const text = matchAt(word, sql, at);
  if (text === null || text.length <= digits.length) return make("number", digits);
  return make("word", text, text, text.toUpperCase());
}

function matchAt(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

function quotedName(sql: string, at: number, quote: string): Token {
  let value = "";
  for (let next = at + 1; next < sql.length; next++) {
    const character = sql.charAt(next);
    if (character !== quote) value += character;
    else if (sql.charAt(next + 1) === quote) value += sql.charAt(next++);
    else return { kind: "name", value, key: "", at, end: next + 1 };
  }
  throw syntaxError(sql, at);
}

const escapes: Record<string, string> = {
  "0": "\0",
  b: "\b",
  n: "\n",
  r: "\r",
  t: "\t",
  Z: "\x1a",
  // Wildcards stay escaped: LIKE undoes them.
  "%": "\\%",
  "_": "\\_",
};

function quotedText(sql: string, at: number, quote: string): Token {
  let value = "";
  let from = at + 1;
  for (let next = from; next < sql.length; next++) {
    const character = sql.charAt(next);
    if (character !== quote && character !== "\\") continue;
    value += sql.slice(from, next);
    const after = sql.charAt(next + 1);
    if (character === "\\") value += escapes[after] ?? after;
    else if (after === quote) value += quote;
    else return { kind: "text", value, key: "", at, end: next + 1 };
    next++;
    from = next + 1;
  }
  throw syntaxError(sql, at);
}

/** The statements of a text, each without its semicolon; empty ones are left out. */
export function splitStatements(tokens: readonly Token[]): Token[][] {
  const statements: Token[][] = [];
  let current: Token[] = [];
  for (const token of tokens) {
    if (token.key !== ";" && token.kind !== "end") {
      current.push(token);
      continue;
    }
    if (current.length > 0) {
      const end: Token = { kind: "end", value: "", key: "", at: token.at, end: token.at };
      statements.push([...current, end]);
    }
    current = [];
  }
  return statements;
}
