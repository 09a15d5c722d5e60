/**
 * Lint of calls: functions that are on no list, casts whose operand the engines read differently,
 * bare trims, and regular expressions that Java and RE2 read differently.
 */
import { allowed, refused } from "./functions.ts";
import { formatted, readFormat } from "./formats.ts";
import { readJsonShape, strictOptions } from "./json.ts";
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
    "partition with both leading trailing div semi anti lateral pivot unpivot sets tablesample")
    .split(" "),
);

const types = new Set(["int", "bigint", "double", "string", "date", "timestamp", "decimal"]);

const patternFunctions = ["regexp_extract", "regexp_like", "regexp_replace", "split"];

export function lintCalls(tokens: readonly Token[], report: Report): void {
  /** The options of a from_json, a call of their own, are looked at with it. */
  const seen = new Set<Token | undefined>();
  for (const [at, token] of tokens.entries()) {
    if (token.kind === "symbol") lintDivision(tokens, at, report);
    if (isWord(token, "div")) lintZero(tokens[at + 1], report);
    if (isSymbol(token, "-") && tokens[at + 2]?.kind === "string") {
      if (isWord(tokens[at + 1], "date", "timestamp")) {
        report(token, "a date less a date is an interval on Spark, and days here", "datediff");
      }
    }
    if (isWord(token, "values")) lintValues(tokens, at, report);
    if (isWord(token, "limit") && isWord(tokens[at - 2], "offset")) {
      report(token, "LIMIT after OFFSET is DuckDB's", "limit 1 offset 1");
    }
    if (!isCall(tokens, at) || seen.has(token)) continue;
    const name = nameOf(token);
    lintName(tokens, at, name, report);
    const args = argumentsOf(tokens, at + 1);
    if (name === "from_json") {
      lintJson(token, args, report);
      seen.add(args[2]?.[0]);
    }
    if (name === "cast" || name === "try_cast") lintCast(token, args[0] ?? [], report);
    if (name === "trim") lintTrim(token, args, report);
    lintPlace(tokens, at, name, args, report);
    if (formatted.has(name) && args.length > 1) lintFormat(token, name, args[1] ?? [], report);
    const pattern = args[1];
    if (patternFunctions.includes(name) && pattern?.length === 1 && pattern[0]?.kind === "string") {
      lintPattern(pattern[0], report);
      if (name === "regexp_extract") lintGroup(pattern[0], args[2], report);
    }
  }
}

/** A group that the pattern has not is an error on Spark and '' on DuckDB. */
function lintGroup(pattern: Token, [index]: readonly Token[] = [], report: Report): void {
  const groups = pattern.text.replaceAll(/\[[^\]]*\]/g, "").split("(").length - 1;
  const wanted = index === undefined ? 1 : index.kind === "number" ? Number(index.text) : 0;
  if (wanted <= groups) return;
  report(pattern, `this pattern has ${groups} groups, and not ${wanted}`, "0 for the whole match");
}

function isCall(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at];
  const before = tokens[at - 1];
  if (token?.kind !== "word" && token?.kind !== "backticked") return false;
  if (!isSymbol(tokens[at + 1], "(")) return false;
  if (token.kind === "word" && keywords.has(nameOf(token))) return false;
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
    report(
      token,
      `the function ${name}() with a schema in front is another one there`,
      `${name}(…) alone`,
      "function",
    );
  } else if (token.kind === "backticked") {
    report(token, `the function ${name}() in backticks`, `${name}(…) alone`, "function");
  } else if (!allowed.has(name)) {
    const instead = refused[name];
    report(
      token,
      instead === undefined
        ? `the function ${name}() is not among those known to be the same on both engines`
        : `the function ${name}() is not the same on both engines`,
      instead ?? "one of sql/dialect/functions.ts",
      "function",
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
  if (operand.kind === "number" && type === "string" && /[eE]/.test(operand.text)) {
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

const typed = new Set(["arrays_overlap", "get"]);
const alike = new Set(["greatest", "least"]);
const mixed = new Set(["string", "number"]);

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
  } else if (
    typed.has(name) && args.some(([only, ...more]) => isWord(only, "null") && more.length === 0)
  ) {
    report(token, `a null without a type fails in ${name}() on Spark`, "cast(null as …)");
  } else if (alike.has(name) && new Set(args.map(([only]) => only?.kind)).isSupersetOf(mixed)) {
    report(token, `texts and numbers fail in ${name}() on Spark`, "one type");
  } else if (name === "explode" || name === "posexplode") {
    lintGenerator(tokens, at, name, report);
  } else if (name === "count" && args.length === 0) {
    report(token, "count() without an argument fails on Spark", "count(*)");
  } else if (name === "chr" && args[0]?.length === 1 && Number(args[0][0]?.text) > 255) {
    report(token, "chr() of more than 255 is another character on Spark", "the character itself");
  }
}

function lintGenerator(tokens: readonly Token[], at: number, name: string, report: Report): void {
  const token = tokens[at];
  const after = closing(tokens, at + 1) + 1;
  if (token === undefined) return;
  const columns = name === "explode" ? "part" : "place, part";
  if (isWord(tokens[at - 1], "lateral")) {
    const isNamed = isWord(tokens[after], "as") && isSymbol(tokens[after + 2], "(");
    const instead = `the columns one by one, and lateral ${name}(x) as t(${columns})`;
    if (!isNamed) report(token, `${name}() gives columns that have no names here`, instead);
    if (selectsStar(tokens, at)) report(token, `* has more columns beside ${name}() here`, instead);
  } else if (
    !isWholeColumn(tokens, at) ||
    name === "posexplode" && argumentsOf(tokens, after + 1).length !== 2
  ) {
    const instead = `select ${name}(x) as ${name === "explode" ? "name" : `(${columns})`}`;
    report(token, `${name}() stands alone and with a name on Spark`, instead);
  }
}

/** Whether the SELECT around has a star in its list. */
function selectsStar(tokens: readonly Token[], at: number): boolean {
  for (let before = at - 1, depth = 0; before >= 0 && depth >= 0; before--) {
    const token = tokens[before];
    if (isSymbol(token, ")")) depth++;
    if (isSymbol(token, "(")) depth--;
    if (depth !== 0) continue;
    if (isWord(token, "select")) return false;
    const isStar = isSymbol(token, "*") &&
      (isWord(tokens[before - 1], "select", "distinct") || isSymbol(tokens[before - 1], ",") ||
        isSymbol(tokens[before - 1], "."));
    if (isStar) return true;
  }
  return false;
}

function lintJson(call: Token, [, schema, ...more]: readonly Token[][], report: Report): void {
  const [only] = schema ?? [];
  const isRead = schema?.length === 1 && only?.kind === "string" &&
    readJsonShape(only.text.slice(1, -1)) !== null;
  if (!isRead) {
    report(call, "from_json() makes other types of another text", "'a string', 'array<string>'");
  } else if (more.length > 1 || more[0] !== undefined && !isStrict(more[0])) {
    const strict = "map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'false')";
    report(call, "from_json() takes no other options than those of strict JSON", strict);
  }
}

const isStrict = ([map, ...rest]: readonly Token[]): boolean =>
  isWord(map, "map") && strictOptions.test(rest.map(({ text }) => text).join(""));

/** Without names the first column is col1 on Spark and col0 on DuckDB. */
function lintValues(tokens: readonly Token[], at: number, report: Report): void {
  const token = tokens[at];
  if (token === undefined || at === 0 || !isSymbol(tokens[at + 1], "(")) return;
  const end = isSymbol(tokens[at - 1], "(") ? closing(tokens, at - 1) : tokens.length;
  const alias = isWord(tokens[end + 1], "as") ? end + 2 : end + 1;
  if (tokens[alias] !== undefined && isSymbol(tokens[alias + 1], "(")) return;
  report(token, "the columns of VALUES have other names on each engine", "(values (1)) as t(a)");
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
