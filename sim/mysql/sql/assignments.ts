/**
 * SET: `SET a = 1, @@session.b = 'x', @c = 2`, `SET NAMES x`, `SET TRANSACTION …` -> the session.
 *
 * Values are literals, words and other variables; of an expression nothing is kept, and it is
 * no error, because clients extend `sql_mode` so.
 */
import type { Variables } from "../admin/variables.ts";
import { MysqlError, syntaxError } from "../errors.ts";
import type { SqlValue } from "./context.ts";
import type { Token } from "./tokens.ts";

export function assign(sql: string, tokens: readonly Token[], variables: Variables): void {
  const first = tokens[1];
  if (first === undefined || first.kind === "end") throw syntaxError(sql, sql.length);
  if (first.key === "NAMES") return setCharset(tokens, 2, variables);
  if (first.key === "CHARACTER" || first.key === "CHARSET") {
    return setCharset(tokens, first.key === "CHARSET" ? 2 : 3, variables);
  }
  if (tokens.slice(1, 3).some(({ key }) => key === "TRANSACTION")) {
    return setTransaction(tokens, variables);
  }
  let from = 1;
  let depth = 0;
  for (let at = 1; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.key === "(") depth++;
    if (token?.key === ")") depth--;
    if (token?.kind !== "end" && (token?.key !== "," || depth > 0)) continue;
    assignOne(sql, tokens, from, at, variables);
    from = at + 1;
  }
}

function setCharset(tokens: readonly Token[], at: number, variables: Variables): void {
  const charset = tokens[at]?.value.toLowerCase() ?? "";
  const isDefault = charset === "default" || charset === "";
  if (!isDefault && !/^(utf8(mb[34])?|latin1|ascii|binary|cp1252|ucs2|utf16)$/.test(charset)) {
    throw new MysqlError("ER_UNKNOWN_CHARACTER_SET", `Unknown character set: '${charset}'`);
  }
  variables.setCharset(isDefault ? "utf8mb4" : charset);
}

/**
 * Documented: with SESSION it holds for all transactions to come and shows in the variables;
 * without, for the next one only, and shows nowhere.
 */
function setTransaction(tokens: readonly Token[], variables: Variables): void {
  const scope = tokens[1]?.key;
  if (scope === "GLOBAL" || scope === "PERSIST") throw globalDenied();
  if (scope !== "SESSION" && scope !== "LOCAL") return;
  const words = tokens.slice(3).map(({ key }) => key).join(" ");
  const level = /ISOLATION LEVEL (READ (?:UN)?COMMITTED|REPEATABLE READ|SERIALIZABLE)/.exec(words);
  if (level?.[1] !== undefined) {
    variables.set("transaction_isolation", level[1].replace(" ", "-"));
  }
  const access = /READ (ONLY|WRITE)/.exec(words)?.[1];
  if (access !== undefined) variables.set("transaction_read_only", access === "ONLY" ? 1 : 0);
}

function globalDenied(): MysqlError {
  return new MysqlError(
    "ER_SPECIFIC_ACCESS_DENIED_ERROR",
    "Access denied; you need (at least one of) the SUPER or SYSTEM_VARIABLES_ADMIN " +
      "privilege(s) for this operation",
  );
}

function assignOne(
  sql: string,
  tokens: readonly Token[],
  from: number,
  to: number,
  variables: Variables,
): void {
  let at = from;
  const scope = tokens[at]?.key ?? "";
  if (["GLOBAL", "PERSIST", "SESSION", "LOCAL"].includes(scope)) at++;
  const name = tokens[at]?.value ?? "";
  const sign = tokens[at + 1];
  if (sign?.key !== "=" && sign?.key !== ":=") {
    throw syntaxError(sql, (sign ?? tokens[at])?.at ?? 0);
  }
  if (scope === "GLOBAL" || scope === "PERSIST" || /^@@(global|persist)\./i.test(name)) {
    throw globalDenied();
  }
  const value = valueOf(tokens.slice(at + 2, to), variables);
  if (name.startsWith("@") && !name.startsWith("@@")) {
    variables.setUser(name.slice(1), value ?? null);
    return;
  }
  const plain = name.replace(/^@@((session|local)\.)?/i, "");
  if (value === undefined) variables.setting(plain);
  else variables.set(plain, value);
}

/** Undefined: an expression. */
function valueOf(tokens: readonly Token[], variables: Variables): SqlValue | undefined {
  const [first] = tokens;
  if (first === undefined || tokens.length !== 1) return undefined;
  if (first.kind === "variable") return variables.read(first.value);
  if (first.kind === "number" && /^[0-9]{1,15}$/.test(first.value)) return Number(first.value);
  if (first.key === "NULL" || first.key === "DEFAULT") return null;
  return first.value;
}
