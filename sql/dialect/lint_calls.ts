/**
 * Lint of calls: functions that are on no list, casts whose operand the engines read differently,
 * bare trims, and regular expressions that Java and RE2 read differently.
 */
import { allowed, refused } from "./functions.ts";
import { formatted, readFormat } from "./formats.ts";
import { lintPattern } from "./lint_pattern.ts";
import {
  argumentsOf,
  closing,
  isSymbol,
  isWord,
  nameOf,
  type Report,
  type Token,
} from "./tokens.ts";

/** Words that a bracket may follow without a call. */
const keywords = new Set(
  ("select from where and or not in on by as over case when then else join using union all distinct " +
    "except intersect having limit offset exists between values like ilike is filter group order " +
    "partition with both leading trailing div semi anti lateral").split(" "),
);

const types = new Set(["int", "bigint", "double", "string", "date", "timestamp", "decimal"]);

const patternFunctions = ["regexp_extract", "regexp_like", "regexp_replace", "split"];

export function lintCalls(tokens: readonly Token[], report: Report): void {
  for (const [at, token] of tokens.entries()) {
    if (token.kind === "symbol") lintDivision(tokens, at, report);
    if (isWord(token, "div")) lintZero(tokens[at + 1], report);
    if (!isCall(tokens, at)) continue;
    const name = nameOf(token);
    lintName(tokens, at, name, report);
    const args = argumentsOf(tokens, at + 1);
    if (name === "cast" || name === "try_cast") lintCast(token, args[0] ?? [], report);
    if (name === "trim") lintTrim(token, args, report);
    lintPlace(tokens, at, name, args, report);
    if (formatted.has(name) && args.length > 1) lintFormat(token, name, args[1] ?? [], report);
    const pattern = args[1];
    if (patternFunctions.includes(name) && pattern?.length === 1 && pattern[0]?.kind === "string") {
      lintPattern(pattern[0], report);
    }
  }
}

function isCall(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at];
  const before = tokens[at - 1];
  if (token?.kind !== "word" || !isSymbol(tokens[at + 1], "(")) return false;
  if (keywords.has(nameOf(token))) return false;
  // A type in a cast, a CTE or an alias with its columns: `as decimal(…)`, `with t(a)`, `) t(a)`.
  return !isWord(before, "as", "with") && !isSymbol(before, ")") && !isCteName(tokens, at);
}

/** `, t (a, b) as (` after another CTE. */
function isCteName(tokens: readonly Token[], at: number): boolean {
  if (!isSymbol(tokens[at - 1], ",")) return false;
  let close = at + 1;
  while (close < tokens.length && !isSymbol(tokens[close], ")")) close++;
  return isWord(tokens[close + 1], "as") && isSymbol(tokens[close + 2], "(");
}

function lintName(tokens: readonly Token[], at: number, name: string, report: Report): void {
  const token = tokens[at];
  if (token === undefined) return;
  if (isSymbol(tokens[at - 1], ".")) {
    report(token, `${name}() with a schema in front is another function there`, `${name}(…) alone`);
  } else if (!allowed.has(name)) {
    const instead = refused[name];
    report(
      token,
      instead === undefined
        ? `the function ${name}() is not among those known to be the same on both engines`
        : `the function ${name}() is not the same on both engines`,
      instead ?? "one of sql/dialect/functions.ts",
    );
  }
}

function lintDivision(tokens: readonly Token[], at: number, report: Report): void {
  if (isSymbol(tokens[at], "/") || isSymbol(tokens[at], "%")) lintZero(tokens[at + 1], report);
}

function lintZero(token: Token | undefined, report: Report): void {
  if (token?.kind === "number" && Number(token.text) === 0) {
    report(
      token,
      "a division by zero fails on Spark and is null on DuckDB",
      "nullif, or try_divide",
    );
  }
}

function lintCast(call: Token, inside: readonly Token[], report: Report): void {
  const as = inside.findLastIndex((token) => isWord(token, "as"));
  const type = inside[as + 1];
  if (as === -1 || type === undefined) {
    report(call, "this cast names no type", "cast(x as type)");
    return;
  }
  const name = nameOf(type);
  if (!types.has(name)) {
    report(type, `the type ${type.text} is not the same on both engines`, [...types].join(", "));
  } else if (name === "decimal" && !isSymbol(inside[as + 2], "(")) {
    report(
      type,
      "a decimal without digits is (10,0) on Spark and (18,3) on DuckDB",
      "decimal(18, 3)",
    );
  }
  const operand = inside[0];
  if (as === 1 && operand !== undefined) lintOperand(operand, name, report);
}

/** Only a literal can be judged without types. */
function lintOperand(operand: Token, type: string, report: Report): void {
  const text = operand.text.slice(1, -1);
  if (operand.kind === "number" && ["int", "bigint"].includes(type) && /[.eE]/.test(operand.text)) {
    report(operand, "Spark cuts a fraction off, DuckDB rounds it", "floor(x) or round(x) within");
  } else if (operand.kind === "number" && type === "string" && /[eE]/.test(operand.text)) {
    report(operand, "the engines print doubles differently", "the text itself");
  } else if (operand.kind !== "string") return;
  else if (["int", "bigint"].includes(type) && !/^ *[+-]?[0-9]+ *$/.test(text)) {
    report(
      operand,
      `${operand.text} is no whole number: Spark refuses it, DuckDB may round it`,
      "digits only, or a check of the digits before the cast",
    );
  } else if (type === "date" && !/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text)) {
    report(operand, "the engines accept different short dates", "'2020-01-31'");
  } else if (type === "timestamp" && !/^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}/.test(text)) {
    report(operand, "the engines accept different short times", "'2020-01-31 12:00:00'");
  }
}

/** Functions that mean the same only where they stand alone, or with some arguments. */
function lintPlace(
  tokens: readonly Token[],
  at: number,
  name: string,
  args: readonly Token[][],
  report: Report,
): void {
  const token = tokens[at];
  if (token === undefined) return;
  const sorted = isWord(tokens[at - 2], "sort_array") && isSymbol(tokens[at - 1], "(");
  if (name.startsWith("collect_") && !(sorted && endsArgument(tokens, at))) {
    report(
      token,
      `the order of ${name}() is undefined`,
      `sort_array(${name}(x)), without FILTER or OVER`,
    );
  } else if (name === "explode" && !isWholeColumn(tokens, at)) {
    report(token, "explode() stands alone and with a name on Spark", "select explode(x) as name");
  } else if (name === "count" && args.length === 0) {
    report(token, "count() without an argument is DuckDB's", "count(*)");
  } else if (name === "chr" && args[0]?.length === 1 && Number(args[0][0]?.text) > 255) {
    report(token, "chr() of more than 255 is another character on Spark", "the character itself");
  }
}

function endsArgument(tokens: readonly Token[], at: number): boolean {
  const after = tokens[closing(tokens, at + 1) + 1];
  return isSymbol(after, ")") || isSymbol(after, ",");
}

function isWholeColumn(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1];
  const starts = isWord(before, "select") || isSymbol(before, ",");
  return starts && isWord(tokens[closing(tokens, at + 1) + 1], "as");
}

function lintFormat(call: Token, name: string, format: readonly Token[], report: Report): void {
  const [literal, ...more] = format;
  if (literal?.kind !== "string" || more.length > 0) {
    report(call, `the format of ${name}() has to be a text`, "'yyyy-MM-dd HH:mm:ss'");
    return;
  }
  const read = readFormat(literal.text.slice(1, -1));
  const whole = name === "date_format" || read?.complete === true;
  if (read !== null && whole) return;
  report(
    literal,
    read === null
      ? `the format ${literal.text} has parts that are not the same on both engines`
      : `the format ${literal.text} leaves out a part of the date before its smallest`,
    "yyyy, MM, dd, HH, mm and ss, each once, with - / . : , _ or a space between",
  );
}

function lintTrim(call: Token, args: readonly Token[][], report: Report): void {
  const inside = args[0] ?? [];
  const from = inside.findIndex((token) => isWord(token, "from"));
  const sided = isWord(inside[0], "both", "leading", "trailing");
  if (args.length === 1 && sided && from > 1) return;
  report(
    call,
    "a trim without its characters removes other ones on each engine",
    "trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from x)",
  );
}
