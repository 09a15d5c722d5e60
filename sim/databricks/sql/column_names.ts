/**
 * Column names: a query -> what Spark calls its columns that have no name: `count(1)` for `count(*)`.
 *
 * Spark prints the expression, so it is read here and printed as Spark does. What is not known how
 * to print (windows, parameters) is named as it was written.
 */
import {
  argumentsOf,
  closing,
  isSymbol,
  isWord,
  nameOf,
  type Token,
} from "../../../sql/dialect/tokens.ts";
import { javaDouble } from "../engine/values.ts";

/** By the last token of the column, in every SELECT of the query. */
export function columnNames(tokens: readonly Token[]): Map<Token, string> {
  const names = new Map<Token, string>();
  for (const [at, token] of tokens.entries()) {
    if (!isWord(token, "select") || isSymbol(tokens[at - 1], ".")) continue;
    const start = isWord(tokens[at + 1], "distinct", "all") ? at + 2 : at + 1;
    for (const column of columnsFrom(tokens, start)) {
      const last = column.at(-1);
      if (last !== undefined && isWhole(column) && !isNamed(column)) {
        names.set(last, nameOfColumn(column));
      }
    }
  }
  return names;
}

const afterColumns = ["from", "where", "group", "having", "order", "limit", "union", "except"];
afterColumns.push("intersect", "window");

function columnsFrom(tokens: readonly Token[], start: number): Token[][] {
  const columns: Token[][] = [[]];
  for (let at = start, depth = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    if (isSymbol(token, "(")) depth++;
    if (isSymbol(token, ")") && --depth < 0) break;
    const isStar = isSymbol(tokens[at - 1], "*") || isWord(tokens[at - 1], "distinct");
    if (depth === 0 && isWord(token, ...afterColumns) && !isStar) break;
    if (depth === 0 && isSymbol(token, ",")) columns.push([]);
    else columns.at(-1)?.push(token);
  }
  return columns;
}

/** What DuckDB cannot read is left to it, so that it tells where. */
function isWhole(column: readonly Token[]): boolean {
  const last = column.at(-1);
  const count = (sign: string) => column.filter((token) => isSymbol(token, sign)).length;
  return (last?.kind !== "symbol" || isSymbol(last, ")")) && count("(") === count(")");
}

/** Words that an expression cannot end before: what follows them is no alias. */
const openWords = ("all and between case distinct div else from in is like not or then when").split(
  " ",
);
const endWords = ["end", "false", "null", "true"];

/** A column of a table, a star, or an expression with an alias. */
function isNamed(column: readonly Token[]): boolean {
  const isPart = (token: Token | undefined) =>
    token?.kind === "word" || token?.kind === "backticked";
  if (column.every((token, at) => at % 2 === 0 ? isPart(token) : isSymbol(token, "."))) {
    return !isWord(column[0], ...endWords);
  }
  let depth = 0;
  for (const [at, token] of column.entries()) {
    if (isSymbol(token, "(")) depth++;
    if (isSymbol(token, ")")) depth--;
    const isStar = isSymbol(token, "*") && (at === 0 || isSymbol(column[at - 1], "."));
    if (depth === 0 && (isStar || isWord(token, "as"))) return true;
  }
  const [before, last] = column.slice(-2);
  if (!isPart(last) || isWord(last, ...endWords)) return false;
  return before?.kind === "symbol" ? isSymbol(before, ")") : !isWord(before, ...openWords);
}

function nameOfColumn(column: readonly Token[]): string {
  try {
    return new Printer(column).whole();
  } catch (error) {
    if (!(error instanceof NoName)) throw error;
    return column.map(({ text }) => text).join(" ");
  }
}

class NoName extends Error {}

const comparison = 4;
const powers: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  ...Object.fromEntries(["=", "==", "<>", "!=", "<", ">", "<=", ">=", "<=>"].map((sign) => [
    sign,
    comparison,
  ])),
  "+": 5,
  "-": 5,
  "||": 5,
  "*": 6,
  "/": 6,
  "%": 6,
  div: 6,
};

/** Arguments that Spark adds where they are left out, by the number of those given. */
const defaults: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  months_between: { 2: "true" },
  percentile: { 2: "1" },
  regexp_extract: { 2: "1" },
  regexp_replace: { 3: "1" },
  round: { 1: "0" },
  sort_array: { 1: "true" },
  split: { 2: "-1" },
  substring: { 2: "2147483647" },
};

const shouted = new Set(["ceil", "floor", "regexp_like"]);

class Printer {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): string {
    const text = this.#expression(0);
    if (this.#at < this.#tokens.length) throw new NoName();
    return text;
  }

  #expression(least: number): string {
    let left = this.#operand();
    for (;;) {
      const token = this.#tokens[this.#at];
      const sign = token?.kind === "symbol" || token?.kind === "word" ? nameOf(token) : "";
      const power = powers[sign];
      if (isWord(token, "is", "in", "not", "between", "like")) {
        if (comparison < least) return left;
        left = this.#predicate(left);
      } else if (power === undefined || power < least) return left;
      else {
        this.#at++;
        left = infix(sign, left, this.#expression(power + 1));
      }
    }
  }

  #predicate(left: string): string {
    if (this.#takes("not")) return `(NOT ${this.#predicate(left)})`;
    if (this.#takes("like")) return `${left} LIKE ${this.#expression(comparison + 1)}`;
    if (this.#takes("between")) {
      const from = this.#expression(comparison + 1);
      if (!this.#takes("and")) throw new NoName();
      return `between(${left}, ${from}, ${this.#expression(comparison + 1)})`;
    }
    if (this.#takes("in")) return `(${left} IN (${this.#list().join(", ")}))`;
    if (!this.#takes("is")) throw new NoName();
    const not = this.#takes("not");
    if (this.#takes("null")) return `(${left} IS ${not ? "NOT " : ""}NULL)`;
    if (!this.#takes("distinct") || !this.#takes("from")) throw new NoName();
    const same = `(${left} <=> ${this.#expression(comparison + 1)})`;
    return not ? same : `(NOT ${same})`;
  }

  #operand(): string {
    const token = this.#tokens[this.#at++];
    const next = this.#tokens[this.#at];
    if (token?.kind === "number") return number(token.text);
    if (token?.kind === "string") return token.text.slice(1, -1);
    if (isSymbol(token, "(")) return this.#bracket();
    if (isSymbol(token, "-")) return this.#negative();
    if (isWord(token, "not")) return `(NOT ${this.#expression(3)})`;
    if (isWord(token, "case")) return this.#case();
    if (isWord(token, "null")) return "NULL";
    if (token?.kind !== "word") return this.#column(token);
    if (isWord(token, "true", "false")) return nameOf(token);
    if (isWord(token, "date", "timestamp") && next?.kind === "string") {
      this.#at++;
      return `${nameOf(token).toUpperCase()} ${next.text}`;
    }
    return isSymbol(next, "(") ? this.#call(nameOf(token)) : this.#column(token);
  }

  #column(token: Token | undefined): string {
    let last = token;
    while (isSymbol(this.#tokens[this.#at], ".")) {
      last = this.#tokens[this.#at + 1];
      this.#at += 2;
    }
    if (last?.kind === "word") return last.text;
    if (last?.kind === "backticked") return last.text.slice(1, -1);
    throw new NoName();
  }

  #negative(): string {
    const next = this.#tokens[this.#at];
    if (next?.kind !== "number") return `(- ${this.#expression(7)})`;
    this.#at++;
    return `-${number(next.text)}`;
  }

  /** Behind the bracket. */
  #bracket(): string {
    if (isWord(this.#tokens[this.#at], "select", "with")) {
      this.#at = closing(this.#tokens, this.#at - 1) + 1;
      return "scalarsubquery()";
    }
    const inside = this.#expression(0);
    if (!isSymbol(this.#tokens[this.#at++], ")")) throw new NoName();
    return inside;
  }

  #case(): string {
    const of = isWord(this.#tokens[this.#at], "when") ? null : this.#expression(0);
    let text = "CASE";
    while (this.#takes("when")) {
      const given = this.#expression(0);
      if (!this.#takes("then")) throw new NoName();
      text += ` WHEN ${of === null ? given : `(${of} = ${given})`} THEN ${this.#expression(0)}`;
    }
    if (this.#takes("else")) text += ` ELSE ${this.#expression(0)}`;
    if (!this.#takes("end")) throw new NoName();
    return `${text} END`;
  }

  #call(name: string): string {
    const inside = argumentsOf(this.#tokens, this.#at)[0] ?? [];
    const text = name === "cast" || name === "try_cast"
      ? this.#cast(name, inside)
      : name === "trim"
      ? this.#trim(inside)
      : isSymbol(inside[0], "*")
      ? this.#skipping("count(1)")
      : this.#usualCall(name);
    if (isWord(this.#tokens[this.#at], "over", "filter")) throw new NoName();
    return text;
  }

  #usualCall(name: string): string {
    const isDistinct = isWord(this.#tokens[this.#at + 1], "distinct");
    const given = this.#list(isDistinct ? 1 : 0);
    const added = defaults[name]?.[given.length];
    const list = [...given, ...added === undefined ? [] : [added]].join(", ");
    if (name === "if") return `(IF(${list}))`;
    return `${shouted.has(name) ? name.toUpperCase() : name}(${
      isDistinct ? "DISTINCT " : ""
    }${list})`;
  }

  #cast(name: string, inside: readonly Token[]): string {
    const as = inside.findLastIndex((token) => isWord(token, "as"));
    const type = inside.slice(as + 1).map(({ text }) => text.toUpperCase()).join("");
    const operand = new Printer(inside.slice(0, as)).whole();
    return this.#skipping(`${name.toUpperCase()}(${operand} AS ${type})`);
  }

  #trim(inside: readonly Token[]): string {
    const from = inside.findIndex((token) => isWord(token, "from"));
    const [side] = inside;
    if (from < 2 || side === undefined) throw new NoName();
    const [what, of] = [inside.slice(1, from), inside.slice(from + 1)]
      .map((part) => new Printer(part).whole());
    return this.#skipping(`TRIM(${side.text.toUpperCase()} ${what} FROM ${of})`);
  }

  /** The expressions in brackets, some words left out before them. */
  #list(skipped = 0): string[] {
    const list = argumentsOf(this.#tokens, this.#at)
      .map((part, at) => new Printer(at === 0 ? part.slice(skipped) : part).whole());
    this.#at = closing(this.#tokens, this.#at) + 1;
    return list;
  }

  #skipping(text: string): string {
    this.#at = closing(this.#tokens, this.#at) + 1;
    return text;
  }

  #takes(word: string): boolean {
    if (!isWord(this.#tokens[this.#at], word)) return false;
    this.#at++;
    return true;
  }
}

function infix(sign: string, left: string, right: string): string {
  if (sign === "||") return `concat(${left}, ${right})`;
  if (sign === "<>" || sign === "!=") return `(NOT (${left} = ${right}))`;
  const shown = sign === "==" ? "=" : sign === "and" || sign === "or" ? sign.toUpperCase() : sign;
  return `(${left} ${shown} ${right})`;
}

const number = (text: string): string =>
  /[eE]/.test(text) ? javaDouble(Number(text)) : text.replace(/^[.]/, "0.").replace(/[.]$/, "");
