/**
 * Query: a SELECT -> columns and rows, by the engine; or at once, where it asks for no more than
 * the session knows.
 *
 * Text compares and sorts without regard to upper and lower case, as utf8mb4_0900_ai_ci does.
 * Left out: accents, which that collation disregards too; table names are found in any case.
 */
import { refusalOf } from "../duckdb/gate.ts";
import type { Interruption } from "../duckdb/interruption.ts";
import { type Answer, rowsOf } from "./admin/answers.ts";
import { encodeQuery, type Origin } from "./engine/encode.ts";
import { refusedByGate, toMysqlError } from "./engine/errors.ts";
import { blobChunks, type RowChunk, valueChunks } from "./engine/rows.ts";
import { interrupted, MysqlError } from "./errors.ts";
import { sourceTables } from "./schema.ts";
import type { Session } from "./session.ts";
import { constantRow } from "./sql/constants.ts";
import { rewrite } from "./sql/rewrite.ts";
import { withoutNeedlessOrder } from "./sql/sorted_scan.ts";
import type { Token } from "./sql/tokens.ts";

const fewRows = 100;

export async function query(
  sql: string,
  tokens: readonly Token[],
  session: Session,
): Promise<Answer> {
  const constants = constantRow(sql, tokens, session);
  if (constants !== null) {
    session.countRows(1);
    return rowsOf(constants.headings, [constants.values]);
  }
  const needsTables = readsTables(tokens);
  if (session.database === null && needsTables) mustNameDatabase(tokens);
  const shorter = withoutNeedlessOrder(tokens, keyOf);
  const rewritten = rewrite(sql, shorter, session);
  const failed = { sql, tokens, rewritten, database: session.database ?? session.server.database };
  const statement = session.startStatement();
  const connection = await session.connection(needsTables);
  try {
    const refusal = await refusalOf(rewritten.sql, connection, session.server.engine.rules);
    if (refusal !== null) throw refusedByGate(refusal, failed);
    const prepared = await connection.prepare(rewritten.sql);
    const outputs = Array.from({ length: prepared.columnCount }, (_, at) => ({
      name: prepared.columnName(at),
      type: prepared.columnType(at),
    }));
    prepared.destroySync();
    // Also where the engine was not at work when it came.
    if (statement.hasBegun) throw interrupted();
    const origin = originOf(tokens, session);
    const encoded = encodeQuery(rewritten.sql, outputs, { origin, isSmall: isSmall(tokens) });
    const result = await connection.stream(encoded.sql);
    const rows = encoded.isEncoded ? blobChunks(result) : valueChunks(result);
    const chunks = counted(rows, session, (error) => toMysqlError(error, failed), statement);
    return { kind: "rows", columns: encoded.columns, chunks };
  } catch (error) {
    statement.end();
    throw toMysqlError(error, failed);
  }
}

async function* counted(
  chunks: AsyncGenerator<RowChunk>,
  session: Session,
  translate: (error: unknown) => MysqlError,
  statement: Interruption,
): AsyncGenerator<RowChunk> {
  let count = 0;
  try {
    for await (const chunk of chunks) {
      count += chunk.count;
      yield chunk;
    }
  } catch (error) {
    throw translate(error);
  } finally {
    statement.end();
    session.countRows(count);
  }
}

/** Ends in a LIMIT of few rows, as the course's own queries do. */
function isSmall(tokens: readonly Token[]): boolean {
  const limit = tokens.findLastIndex(({ key }) => key === "LIMIT");
  if (limit < 0) return false;
  const count = tokens[limit + 2]?.key === "," ? tokens[limit + 3] : tokens[limit + 1];
  return count?.kind === "number" && Number(count.value) <= fewRows;
}

function readsTables(tokens: readonly Token[]): boolean {
  return tokens.some(({ key }, at) =>
    (key === "FROM" && tokens[at + 1]?.key !== "DUAL") || (key === "TABLE" && at === 0)
  );
}

/** @throws {MysqlError} if the first table has no database before it. */
function mustNameDatabase(tokens: readonly Token[]): void {
  const from = tokens.findIndex(({ key }) => key === "FROM");
  const isBare = tokens[from + 1]?.key !== "(" && tokens[from + 2]?.key !== ".";
  if (isBare) throw new MysqlError("ER_NO_DB_ERROR", "No database selected");
}

function keyOf(table: string): string | undefined {
  return Object.values(sourceTables).find(({ name }) => name === table)?.key;
}

/** The stored table whose columns these are, if there is only one FROM and no JOIN. */
function originOf(tokens: readonly Token[], session: Session): Origin | null {
  const froms = tokens.flatMap(({ key }, at) => key === "FROM" ? [at] : []);
  const [from] = froms;
  if (from === undefined || froms.length > 1) return null;
  if (tokens.some(({ key }) => key === "JOIN")) return null;
  const isQualified = tokens[from + 2]?.key === ".";
  const name = tokens[from + (isQualified ? 3 : 1)]?.value;
  const table = Object.values(sourceTables).find((candidate) => candidate.name === name);
  if (table === undefined) return null;
  return {
    schema: session.server.database,
    table: table.name,
    columns: new Set(table.columns.map((column) => column.name)),
  };
}
