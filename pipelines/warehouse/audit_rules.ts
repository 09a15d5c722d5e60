/**
 * Audit rules: the text of a model or of its audit file -> promises, each as one query.
 *
 *   -- audit not_null(ind)
 *   -- audit unique(country, category)
 *   -- audit accepted_values(age_group, '18-24', '25-35')
 *   -- audit relationships(ind, pin.ind)             every ind of this model is one of pin
 *   -- audit warn range(age, 0, 130)                 null where there is no bound
 *   -- audit matches(category, '^[a-z-]+')
 *   -- audit row_count(1, null)
 *   -- audit no post is older than the company       a query of one's own stands below
 *   select ind from geo where year(timestamp) < 2010;
 *
 * Each row that a query returns is a broken promise, of severity error, or warn where the line
 * says so. Nulls break no promise but `not_null`. A query below a sentence selects the grain of
 * its model, which is the key that is shown. A query without such a line returns what is broken
 * itself: promise and witness, or warning and value_count. All of it is Databricks SQL of the
 * subset, so that every engine runs it.
 */
import { splitStatements, type Token, tokenize } from "../../sql/dialect/mod.ts";
import { splitTokens } from "../../sql/dialect/statements.ts";
import { argumentsOf, isSymbol, nameOf, significant } from "../../sql/dialect/tokens.ts";
import { ticked } from "./quoting.ts";

export type Severity = "warn" | "error";

/** One promise about a model's rows. */
export interface AuditRule {
  severity: Severity;
  /** What is wrong about a row that it returns: `ind is repeated`. */
  promise: string;
  /** Databricks SQL. Its lines are those of the file, if a person wrote it. */
  sql: string;
  /** Whether a person wrote the query. */
  isWritten: boolean;
  /** Whether its rows say themselves what is broken. */
  isTelling: boolean;
  file: string;
  line: number;
}

export interface Audited {
  name: string;
  /** Columns that tell one row from another; empty if unknown. */
  grain: readonly string[];
}

export interface AuditRules {
  rules: AuditRule[];
  problems: { file: string; line: number; message: string }[];
}

/** The audits in the header of a model, in their order: those of one line. */
export function readRules(text: string, file: string, model: Audited): AuditRules {
  const { rules, problems, sentences } = oneLiners(text, file, model);
  for (const { line } of sentences) problems.push({ file, line, message: withoutQuery });
  return { rules, problems };
}

const withoutQuery = "This audit has no query: write one of " +
  "not_null(…), unique(…), accepted_values(…), relationships(…), range(…), matches(…), " +
  "row_count(…), or a query below it in an .audit.sql file";

function oneLiners(text: string, file: string, model: Audited) {
  const found: AuditRules & { sentences: AuditLine[] } = { rules: [], problems: [], sentences: [] };
  for (const audit of auditLines(tokenize(text))) {
    const { severity, rest, line } = audit;
    const call = callOf(rest);
    if (call === null) {
      found.sentences.push(audit);
      continue;
    }
    try {
      found.rules.push({
        severity,
        ...generic(call, model),
        isWritten: false,
        isTelling: false,
        file,
        line,
      });
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      found.problems.push({ file, line, message: error.message });
    }
  }
  return found;
}

/** The one-line audits and the queries of an audit file. */
export function readAuditFile(text: string, file: string, model: Audited): AuditRules {
  const { rules, problems, sentences } = oneLiners(text, file, model);
  let above = 0;
  for (const { text: sql, tokens, line } of splitStatements(text)) {
    const named = sentences.filter((audit) => audit.line > above && audit.line < line);
    const sentence = named.at(-1);
    rules.push({
      severity: sentence?.severity ?? "error",
      promise: sentence?.rest ?? `the query of line ${line}`,
      sql: "\n".repeat((tokens[0]?.line ?? 1) - 1) + sql,
      isWritten: true,
      isTelling: sentence === undefined,
      file,
      line,
    });
    const last = significant(tokens).at(-1)?.line ?? line;
    const inside = auditLines(tokens).filter((audit) => audit.line > line && audit.line <= last);
    for (const { line } of inside) {
      problems.push({ file, line, message: "An audit stands within a query" });
    }
    for (const { line } of named.slice(0, -1)) problems.push({ file, line, message: withoutQuery });
    above = last;
  }
  for (const { line } of sentences.filter((audit) => audit.line > above)) {
    problems.push({ file, line, message: withoutQuery });
  }
  return { rules, problems };
}

/**
 * The audits in a model's header as plain statements, each on a line.
 * @throws {SyntaxError} with the line, if an audit cannot be read
 */
export function headerAudits(text: string, model: Audited): string {
  const { rules, problems } = readRules(text, "", model);
  refuse(problems);
  return rules.map((rule) => `${telling(rule, model, rule.sql)};\n`).join("");
}

function refuse([problem]: AuditRules["problems"]): void {
  if (problem !== undefined) throw new SyntaxError(`${problem.message} at line ${problem.line}`);
}

/**
 * The same audits as plain statements, each on its line, for whoever only runs SQL: they return
 * promise and witness, or warning and value_count.
 * @throws {SyntaxError} with the line, if an audit cannot be read
 */
export function expandAudits(text: string, file: string, model: Audited): string {
  const { rules, problems } = readAuditFile(text, file, model);
  refuse(problems);
  const tokens = tokenize(text);
  const texts = new Map(tokens.map((token) => [token, token.text]));
  for (const token of tokens) {
    const rule = rules.find(({ line, isWritten }) => !isWritten && line === token.line);
    if (token.kind !== "comment" || rule === undefined) continue;
    texts.set(token, `${telling(rule, model, rule.sql)};`);
  }
  for (const { tokens: own, line } of splitTokens(tokens)) {
    const rule = rules.find((rule) => rule.isWritten && rule.line === line);
    const [first, last] = [significant(own)[0], significant(own).at(-1)];
    if (rule === undefined || rule.isTelling || !first || !last) continue;
    const [before = "", after = ""] = telling(rule, model, "\0").split("\0");
    texts.set(first, before + first.text);
    texts.set(last, `${first === last ? texts.get(first) : last.text}\n${after}`);
  }
  return [...texts.values()].join("");
}

/** A query whose rows say what is broken: all of them, or their number. */
function telling(
  { severity, promise, isWritten }: AuditRule,
  { grain }: Audited,
  sql: string,
): string {
  if (severity === "warn") {
    return `select ${text(promise)} as warning, count(*) as value_count from (${sql}) as broken ` +
      "having count(*) > 0";
  }
  if (!isWritten) return sql;
  const key = grain.length > 0 ? witness(grain) : "cast(null as string)";
  return `select ${text(promise)} as promise, ${key} as witness from (${sql}) as broken`;
}

interface AuditLine {
  severity: Severity;
  rest: string;
  line: number;
}

function auditLines(tokens: readonly Token[]): AuditLine[] {
  return tokens.flatMap(({ kind, text, line }) => {
    const match = kind === "comment"
      ? /^-- audit (?:(warn|error) )?\s*(\S.*?)\s*$/.exec(text)
      : null;
    if (match?.[2] === undefined) return [];
    return [{ severity: match[1] === "warn" ? "warn" : "error", rest: match[2], line }];
  });
}

interface Call {
  name: string;
  /** Each as it was written. */
  args: readonly string[];
}

function callOf(text: string): Call | null {
  const tokens = significant(tokenize(text));
  const [name, open] = tokens;
  if (name === undefined || !isSymbol(open, "(") || !isSymbol(tokens.at(-1), ")")) return null;
  const args = argumentsOf(tokens, 1).map((part) => part.map((token) => token.text).join(""));
  return { name: nameOf(name), args };
}

type Query = Pick<AuditRule, "promise" | "sql">;

const generics: Readonly<Record<string, (args: readonly string[], model: Audited) => Query>> = {
  not_null: notNull,
  unique,
  accepted_values: acceptedValues,
  relationships,
  range,
  matches,
  row_count: rowCount,
};

function generic({ name, args }: Call, model: Audited): Query {
  const make = Object.hasOwn(generics, name) ? generics[name] : undefined;
  if (make !== undefined) return make(args, model);
  throw new SyntaxError(
    `There is no audit ${name}; write one of ${Object.keys(generics).join(", ")}`,
  );
}

function notNull(args: readonly string[], model: Audited): Query {
  const column = only(args, 1, "not_null(column)")[0] ?? "";
  return rowsWhere(model, `${shownName(column)} is missing`, `${column} is null`);
}

function unique(args: readonly string[], { name }: Audited): Query {
  if (args.length === 0) throw usage("unique(column, …)");
  const promise = `${args.map(shownName).join(", ")} is repeated`;
  return {
    promise,
    sql: `select ${text(promise)} as promise, ${witness(args)} as witness from ${ticked(name)} ` +
      `where ${args.map((column) => `${column} is not null`).join(" and ")} ` +
      `group by ${args.join(", ")} having count(*) > 1`,
  };
}

function acceptedValues(args: readonly string[], model: Audited): Query {
  const [column, ...values] = args;
  if (column === undefined || values.length === 0) throw usage("accepted_values(column, value, …)");
  const list = values.join(", ");
  const promise = `${shownName(column)} is none of ${list.replaceAll("'", "")}`;
  return rowsWhere(model, promise, `${column} not in (${list})`);
}

function relationships(args: readonly string[], { name, grain }: Audited): Query {
  const [column = "", other = ""] = only(args, 2, "relationships(column, table.column)");
  const [table, key] = other.split(".");
  if (table === undefined || key === undefined) throw usage("relationships(column, table.column)");
  const promise = `${shownName(column)} is not in ${shownName(other)}`;
  const keys = (grain.length > 0 ? grain : [column]).map((each) => `${ticked(name)}.${each}`);
  return {
    promise,
    sql: `select ${text(promise)} as promise, ${witness(keys)} as witness from ${ticked(name)} ` +
      `left join (select distinct ${key} as related_key from ${table}) as related ` +
      `on related.related_key = ${ticked(name)}.${column} ` +
      `where ${ticked(name)}.${column} is not null and related.related_key is null`,
  };
}

function range(args: readonly string[], model: Audited): Query {
  const [column = "", low = "null", high = "null"] = only(args, 3, "range(column, low, high)");
  const bounds = [
    ...(isNull(low) ? [] : [`${column} < ${low}`]),
    ...(isNull(high) ? [] : [`${column} > ${high}`]),
  ];
  if (bounds.length === 0) throw usage("range(column, low, high), null for no bound");
  return rowsWhere(model, `${shownName(column)} is not ${between(low, high)}`, bounds.join(" or "));
}

function matches(args: readonly string[], model: Audited): Query {
  const [column = "", pattern = ""] = only(args, 2, "matches(column, 'pattern')");
  const promise = `${shownName(column)} does not match ${pattern.replaceAll("'", "")}`;
  return rowsWhere(model, promise, `not regexp_like(${column}, ${pattern})`);
}

function rowCount(args: readonly string[], { name }: Audited): Query {
  const [low = "null", high = "null"] = only(args, 2, "row_count(low, high)");
  const bounds = [
    ...(isNull(low) ? [] : [`row_count < ${low}`]),
    ...(isNull(high) ? [] : [`row_count > ${high}`]),
  ];
  if (bounds.length === 0) throw usage("row_count(low, high), null for no bound");
  const promise = `the number of rows is not ${between(low, high)}`;
  return {
    promise,
    sql: `select ${text(promise)} as promise, cast(row_count as string) as witness from ` +
      `(select count(*) as row_count from ${ticked(name)}) as counted where ${bounds.join(" or ")}`,
  };
}

function isNull(arg: string): boolean {
  return arg.toLowerCase() === "null";
}

function between(low: string, high: string): string {
  if (isNull(low)) return `at most ${high}`.replaceAll("'", "");
  return `${low} ${isNull(high) ? "or more" : `to ${high}`}`.replaceAll("'", "");
}

function rowsWhere({ name, grain }: Audited, promise: string, condition: string): Query {
  const key = grain.length > 0 ? witness(grain) : "cast(null as string)";
  return {
    promise,
    sql: `select ${text(promise)} as promise, ${key} as witness from ${
      ticked(name)
    } where ${condition}`,
  };
}

/** `7`, or `Chad, art` for several columns. */
function witness(columns: readonly string[]): string {
  const [first = "", ...others] = columns;
  if (others.length === 0) return `cast(${first} as string)`;
  const parts = columns.map((column) => `coalesce(cast(${column} as string), 'null')`);
  return `concat(${parts.join(", ', ', ")})`;
}

/** Signs that a literal of both engines cannot hold are left out: this is only for people. */
function text(promise: string): string {
  return `'${promise.replaceAll(/['\\]/g, "")}'`;
}

function shownName(column: string): string {
  return column.replaceAll("`", "");
}

function only(args: readonly string[], count: number, form: string): readonly string[] {
  if (args.length !== count || args.includes("")) throw usage(form);
  return args;
}

function usage(form: string): SyntaxError {
  return new SyntaxError(`Cannot read this audit; write ${form}`);
}
