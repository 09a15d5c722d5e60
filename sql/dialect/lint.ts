/**
 * Lint: SQL text -> what would fail on Databricks, or mean something else there than here.
 *
 * Statement shapes, functions, types and symbols are allow-lists: what is on none is refused,
 * because DuckDB alone would accept it. On top come the traps: what both engines accept and
 * read differently. A text without problems may be given to `rewriteForDuckDb`.
 *
 * What only types or values can tell (a double turned into text, a quotient of decimals) is refused
 * by the macros, when the query runs.
 *
 * Left out: names that no table has; a date less a date, an interval on Spark and days here; an
 * average of texts, or texts and numbers of two columns compared.
 */
import { lintCalls } from "./lint_calls.ts";
import { lintScopes } from "./lint_scopes.ts";
import { splitTokens } from "./statements.ts";
import {
  isSymbol,
  isWord,
  nameOf,
  type ProblemKind,
  type Report,
  significant,
  type Token,
  tokenize,
} from "./tokens.ts";

export interface Problem {
  line: number;
  column: number;
  /** What is wrong, and why. */
  what: string;
  /** What to write instead. */
  instead: string;
  /** What was written there. */
  near: string;
  kind: ProblemKind;
}

export function lint(text: string): Problem[] {
  const problems: Problem[] = [];
  const report: Report = ({ line, column, text: near }, what, instead, kind) => {
    const usual = /\bis DuckDB's$/.test(what) ? "syntax" : "dialect";
    problems.push({ line, column, what, instead, near, kind: kind ?? usual });
  };
  const all = tokenize(text);
  for (const token of all) lintTrivia(token, report);
  const statements = splitTokens(all);
  if (statements.length === 0) {
    const nothing: Token = { kind: "bad", text: "", line: 1, column: 1 };
    report(nothing, "there is no statement", "a select", "syntax");
  }
  for (const statement of statements) {
    const tokens = significant(statement.tokens);
    lintShape(tokens, report);
    for (let at = 0; at < tokens.length; at++) lintToken(tokens, at, report);
    lintPhrases(tokens, report);
    lintCalls(tokens, report);
    lintScopes(tokens, report);
  }
  return problems.sort((a, b) => a.line - b.line || a.column - b.column);
}

/** `file:line:column: what is wrong; write … instead`. */
export function describeProblem(file: string, problem: Problem): string {
  return `${file}:${problem.line}:${problem.column}: ${problem.what}; write ${problem.instead}`;
}

function lintTrivia(token: Token, report: Report): void {
  if (token.kind !== "comment") return;
  if (token.text.startsWith("--") && /\\\r?$/.test(token.text)) {
    report(
      token,
      "a backslash at its end makes the next line a comment too, on Spark",
      "no backslash",
    );
  }
  if (token.text.startsWith("/*+")) report(token, "a hint is only for Spark", "no hint");
}

function lintShape(tokens: readonly Token[], report: Report): void {
  const words = tokens.slice(0, 8).map((token) => nameOf(token));
  const first = tokens[0];
  if (first === undefined || ["select", "with", "values", "("].includes(words[0] ?? "")) return;
  const shape =
    /^create or replace (?:(?:temp|temporary) )?(?:view|table) \S+ as (?:select|with|\()/;
  if (shape.test(words.join(" "))) return;
  report(
    first,
    words[0] === "from"
      ? "a query that begins with FROM is not on every release"
      : `a statement that begins with '${first.text}' does not belong into sql/`,
    shapeAdvice[words[0] ?? ""] ??
      "SELECT …, WITH … SELECT, or CREATE OR REPLACE VIEW|TABLE name AS SELECT",
  );
}

const runnerWrites = "the SELECT alone: the runner writes tables";
const shapeAdvice: Readonly<Record<string, string>> = {
  cache: "nothing: caching is the runner's business",
  copy: "a table name: the runner binds sources",
  declare: "a parameter, :name",
  delete: runnerWrites,
  insert: runnerWrites,
  merge: runnerWrites,
  optimize: "nothing: the runner looks after tables",
  set: "a parameter, :name",
  update: runnerWrites,
  vacuum: "nothing: the runner looks after tables",
};

const symbols = new Set([
  ..."(),.;*+-/%=<>",
  "<>",
  "!=",
  "==",
  "<=",
  ">=",
  "||",
  "<=>",
]);

const symbolAdvice: Readonly<Record<string, string>> = {
  "[": "array(…) for a list, element_at(list, 1) for its first element",
  "]": "array(…) or element_at(list, n)",
  "{": "columns of their own",
  "}": "columns of their own",
  "::": "cast(x as type)",
  "//": "x div y",
  "^": "a product: DuckDB takes the power, Spark the exclusive or",
  "**": "a product",
  "?": "a parameter with a name, :name",
  "$": "a parameter with a name, :name",
  "->": "columns of their own",
  "->>": "columns of their own",
  "=>": "arguments by position",
  "~": "regexp_like(x, pattern)",
  "!~": "not regexp_like(x, pattern)",
  "!": "not",
};

function lintToken(tokens: readonly Token[], at: number, report: Report): void {
  const token = tokens[at];
  if (token === undefined) return;
  if (token.kind === "string" || token.kind === "number") lintMixed(tokens, at, report);
  if (token.kind === "bad") report(token, "this is never closed", "its closing mark", "syntax");
  if (token.kind === "string") lintString(tokens, at, token, report);
  if (token.kind === "number") {
    lintNumber(tokens[at - 1], token, report);
    const isWhole = tokens[at + 1] === undefined || isSymbol(tokens[at + 1], ")") ||
      isWord(tokens[at + 1], "and", "or", "group", "order", "limit");
    if (isWhole && isWord(tokens[at - 1], "where", "having", "not")) {
      report(token, "a number is no condition on Spark", "a comparison");
    }
  }
  if (token.kind === "backticked") lintPath(tokens, at, token, report);
  if (token.kind === "parameter") lintParameter(tokens[at - 1], token, report);
  if (token.kind === "double-quoted") {
    report(token, 'text in "…" is a string on Spark and a name on DuckDB', "'text' or `name`");
  }
  if (token.kind === "word" && /[^A-Za-z0-9_]/.test(token.text)) {
    report(
      token,
      `the name '${token.text}' has letters that Spark wants quoted`,
      `\`${token.text}\``,
    );
  }
  if (token.kind === "symbol" && !symbols.has(token.text)) {
    report(
      token,
      `'${token.text}' is not the same on both engines`,
      symbolAdvice[token.text] ?? "a function of the list",
    );
  }
}

function lintString(tokens: readonly Token[], at: number, token: Token, report: Report): void {
  if (token.text.includes("\\")) {
    report(
      token,
      "a backslash begins an escape on Spark and is itself on DuckDB",
      "a bracket list such as [0-9] or [.], or chr(92)",
    );
  }
  if (token.text.slice(1, -1).includes("''")) {
    report(token, "'' within text vanishes on Spark", "concat('…', chr(39), '…')");
  }
  const before = tokens[at - 1];
  if (before === undefined) return;
  if (before.kind === "string") {
    report(token, "two texts in a row are one on Spark only", "concat('…', '…')");
  }
  const touches = before.line === token.line && before.column + before.text.length === token.column;
  if (touches && before.kind === "word") {
    report(before, `${before.text}'…' is not a text on both engines`, "'…' without prefix");
  } else lintTyped(before, token, report);
}

/** A table named by its file: json.`/path`. */
function lintPath(tokens: readonly Token[], at: number, token: Token, report: Report): void {
  const isFile = isSymbol(tokens[at - 1], ".") &&
    isWord(tokens[at - 2], "json", "csv", "text", "parquet", "orc", "avro", "delta", "binaryfile");
  if (isFile) {
    report(token, "a file is no table on DuckDB", "a table name: the runner binds sources");
  }
}

/** `raw:name`, a path into JSON on Databricks; on DuckDB a name with a dollar sign. */
function lintParameter(before: Token | undefined, token: Token, report: Report): void {
  const touches = before !== undefined && before.line === token.line &&
    before.column + before.text.length === token.column;
  const isPath = touches && (before.kind !== "symbol" || isSymbol(before, ")"));
  if (isPath) report(token, "a path into JSON is Databricks' alone", "a column of the source");
}

/** Words that a text may follow as a value; after another one it is a typed text or an alias. */
const beforeText = new Set(
  ("select distinct all and or not in is like between case when then else from both leading " +
    "trailing by on where having values div union except intersect limit offset escape").split(" "),
);

function lintTyped(before: Token, token: Token, report: Report): void {
  const type = nameOf(before);
  if (before.kind !== "word" || beforeText.has(type)) return;
  const written = type === "date"
    ? /^'[0-9]{4}-[0-9]{2}-[0-9]{2}'$/
    : type === "timestamp"
    ? /^'[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?'$/
    : null;
  if (written?.test(token.text)) return;
  report(
    token,
    written === null
      ? `${before.text} before a text is a type or an alias, and not on both engines`
      : `the engines accept different texts after ${before.text}`,
    "date '2020-01-31', timestamp '2020-01-31 12:00:00', cast('…' as type), or as `name`",
  );
}

const comparisons = ["=", "==", "<>", "!=", "<", ">", "<=", ">=", "<=>", "+", "-", "*", "/", "%"];

/** `'10' = 10`: a text becomes a number on one engine and fails on the other. */
function lintMixed(tokens: readonly Token[], at: number, report: Report): void {
  const token = tokens[at];
  const sign = tokens[at + 1];
  const other = tokens[at + 2];
  if (token === undefined || sign?.kind !== "symbol" || !comparisons.includes(sign.text)) return;
  if (isWord(tokens[at - 1], "date", "timestamp")) return;
  const kinds = [token.kind, other?.kind];
  if (!kinds.includes("string") || !kinds.includes("number")) return;
  report(sign, "a text and a number are made one type in different ways", "a number on both sides");
}

/** Too large for its type without the sign before it, which DuckDB looks at later. */
const smallest = "2147483648";

function lintNumber(before: Token | undefined, token: Token, report: Report): void {
  const tail = /[A-Za-z_].*$/.exec(token.text.replace(/[eE][+-]?[0-9]+$/, ""));
  if (tail !== null) {
    report(
      token,
      `'${token.text}' is a typed number on Spark; DuckDB reads a number named '${tail[0]}'`,
      "cast(1 as bigint)",
    );
  } else if (token.text === smallest && isSymbol(before, "-")) {
    report(
      token,
      "below zero this is an int on Spark and a bigint on DuckDB",
      "a cast of its text",
    );
  } else if (/^[0-9]+$/.test(token.text) && BigInt(token.text) > 9_223_372_036_854_775_807n) {
    report(token, "a whole number of more than 64 bits has no common type", "a decimal in a cast");
  }
}

/** Words in a row that only one engine knows, or that the engines read differently. */
const phrases: readonly [words: string, what: string, instead: string][] = [
  ["qualify", "QUALIFY is not in Apache Spark", "the window in a CTE, and WHERE after it"],
  ["rlike", "RLIKE does not parse on DuckDB", "regexp_like(x, pattern)"],
  ["regexp", "REGEXP does not parse on DuckDB", "regexp_like(x, pattern)"],
  [
    "ilike",
    "the engines disagree on some letters beyond ASCII",
    "LIKE, or regexp_like(x, pattern)",
  ],
  ["escape", "ESCAPE stands beside another default on Spark", "regexp_like(x, '[%]')"],
  ["isnull", "ISNULL without brackets is a name on Spark", "x is null"],
  ["notnull", "NOTNULL is a name on Spark", "x is not null"],
  ["when null", "a null is no condition on Spark", "a condition, or nothing"],
  ["recursive", "WITH RECURSIVE is not on every release", "a fixed number of joins"],
  ["as materialized", "MATERIALIZED is DuckDB's", "AS (…)"],
  ["as not materialized", "MATERIALIZED is DuckDB's", "AS (…)"],
  ["at time zone", "AT TIME ZONE is DuckDB's", "the instant as it is: all times are UTC"],
  ["by name", "UNION BY NAME is DuckDB's", "the columns in one order"],
  ["groups between", "GROUPS is DuckDB's", "ROWS or RANGE"],
  ["respect nulls", "RESPECT NULLS stands in different places", "nothing: it is the default"],
  ["percent", "a share of the rows is not the same on both engines", "row_number() and count(*)"],
  ["with rollup", "WITH ROLLUP is Spark's", "UNION ALL"],
  ["with cube", "WITH CUBE is Spark's", "UNION ALL"],
  ["fetch first", "FETCH is DuckDB's", "limit"],
  ["fetch next", "FETCH is DuckDB's", "limit"],
  ["grouping sets", "GROUPING SETS is written differently", "UNION ALL"],
  ["lateral view", "LATERAL VIEW does not parse on DuckDB", "lateral explode(x) as t(name)"],
  ["lateral (", "a query that reads from those before it is planned differently", "a join"],
  ["tblproperties", "TBLPROPERTIES is the runner's business", "nothing"],
  ["partitioned by", "PARTITIONED BY is the runner's business", "nothing"],
  ["glob", "GLOB is DuckDB's", "regexp_like(x, pattern)"],
  ["similar to", "SIMILAR TO is DuckDB's", "regexp_like(x, pattern)"],
  ["minus", "MINUS is Spark's", "EXCEPT"],
  ["interval", "a date plus an interval is a date on Spark only", "date_add(x, days)"],
  [
    "collate",
    "the engines do not share their collations",
    "nothing: text is compared by its bytes",
  ],
  ["pivot", "PIVOT is written differently", "count(case when … then 1 end) per column"],
  ["unpivot", "UNPIVOT is written differently", "UNION ALL"],
  ["tablesample", "a sample is different rows on each engine", "a condition"],
  ["using sample", "a sample is different rows on each engine", "a condition"],
  ["using delta", "USING DELTA does not parse on DuckDB, and is the default", "nothing"],
  ["sort by", "SORT BY is Spark's", "ORDER BY"],
  ["cluster by", "CLUSTER BY is Spark's", "ORDER BY"],
  ["distribute by", "DISTRIBUTE BY is Spark's", "nothing"],
  ["asof", "ASOF before JOIN is a name on Spark", "a window function"],
  ["positional join", "POSITIONAL before JOIN is a name on Spark", "row_number() and a join"],
  ["distinct on", "DISTINCT ON fails on Spark", "row_number() in a CTE, and WHERE after it"],
  ["ignore nulls", "IGNORE NULLS stands in different places", "a condition"],
  ["* exclude", "EXCLUDE is DuckDB's", "* except (…)"],
  ["* replace", "REPLACE is DuckDB's", "the columns one by one"],
  ["* rename", "RENAME is DuckDB's", "the columns one by one"],
  ["( from", "a query that begins with FROM is not on every release", "SELECT … FROM"],
  [", from", "a comma before FROM fails on Spark", "no comma"],
  [", where", "a comma before WHERE fails on Spark", "no comma"],
  [", )", "a comma before a bracket is DuckDB's", "no comma"],
  ["timestamp as of", "time travel is the runner's business", "the table alone"],
  ["version as of", "time travel is the runner's business", "the table alone"],
];

interface Phrase {
  rest: string[];
  what: string;
  instead: string;
}

const phrasesByFirst = new Map<string, Phrase[]>();
for (const [words, what, instead] of phrases) {
  const [first = "", ...rest] = words.split(" ");
  phrasesByFirst.set(first, [...phrasesByFirst.get(first) ?? [], { rest, what, instead }]);
}

function lintPhrases(tokens: readonly Token[], report: Report): void {
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== "word" && token.kind !== "symbol") continue;
    const candidates = phrasesByFirst.get(token.text.toLowerCase());
    if (candidates === undefined) continue;
    if (isSymbol(tokens[at - 1], ".") || isWord(tokens[at - 1], "as")) continue; // A name.
    for (const { rest, what, instead } of candidates) {
      if (!rest.every((word, ahead) => matches(tokens[at + ahead + 1], word))) continue;
      if (rest.length === 0 && isSymbol(tokens[at + 1], ".")) continue;
      report(token, what, instead);
    }
  }
}

function matches(token: Token | undefined, word: string): boolean {
  return isWord(token, word) || isSymbol(token, word);
}
