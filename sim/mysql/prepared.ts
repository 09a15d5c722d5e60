/**
 * Prepared statements: text with `?` -> a statement that is run again and again.
 *
 * Parameters are put into the tokens as literals, so nothing in them is ever read as SQL.
 */
import { MysqlError, syntaxError } from "./errors.ts";
import type { Answer } from "./admin/answers.ts";
import type { PreparedStatement, Session } from "./session.ts";
import type { SqlValue } from "./sql/context.ts";
import { splitStatements, type Token, tokenize } from "./sql/tokens.ts";
import { execute } from "./statements.ts";
import type { Column } from "./wire/packets.ts";

/** @throws {MysqlError} if the text is not exactly one statement. */
export function parsePrepared(sql: string, session: Session): PreparedStatement {
  const ansiQuotes = String(session.variables.setting("sql_mode")).includes("ANSI_QUOTES");
  const [tokens, second] = splitStatements(tokenize(sql, { ansiQuotes }));
  if (tokens === undefined) throw new MysqlError("ER_EMPTY_QUERY", "Query was empty");
  if (second !== undefined) throw syntaxError(sql, second[0]?.at ?? 0);
  const parameterCount = tokens.filter(({ kind }) => kind === "parameter").length;
  return { sql, tokens, parameterCount, types: [], longData: new Map() };
}

const queryWords = [
  "SELECT",
  "WITH",
  "TABLE",
  "VALUES",
  "SHOW",
  "DESC",
  "DESCRIBE",
  "EXPLAIN",
  "(",
];

/** The columns it will give: those of a run with parameters that select nothing. */
export async function describeColumns(
  statement: PreparedStatement,
  session: Session,
): Promise<readonly Column[]> {
  if (!queryWords.includes(statement.tokens[0]?.key ?? "")) return [];
  const values = statement.tokens.flatMap(({ kind }, at): SqlValue[] => {
    if (kind !== "parameter") return [];
    return [isInLimit(statement.tokens, at) ? 0 : null];
  });
  const answer = await runPrepared(statement, values, session);
  if (answer.kind === "done") return [];
  await answer.chunks.return(undefined);
  return answer.columns;
}

function isInLimit(tokens: readonly Token[], at: number): boolean {
  return tokens.slice(Math.max(0, at - 3), at).some(({ key }) =>
    key === "LIMIT" || key === "OFFSET"
  );
}

export async function runPrepared(
  statement: PreparedStatement,
  values: readonly SqlValue[],
  session: Session,
): Promise<Answer> {
  let next = 0;
  const tokens = statement.tokens.map((token) =>
    token.kind === "parameter" ? valueToken(values[next++] ?? null, token) : token
  );
  return await execute(statement.sql, tokens, session);
}

function valueToken(value: SqlValue, place: Token): Token {
  if (value === null) return { ...place, kind: "word", value: "NULL", key: "NULL" };
  if (typeof value === "string") return { ...place, kind: "text", value };
  return { ...place, kind: "number", value: String(value) };
}
