/**
 * MySQL: the source's tables -> rows, ordered by key, at the reader's pace.
 *
 *   out   rows as objects in column order: texts, numbers, null; times `YYYY-MM-DD HH:MM:SS`;
 *         integers beyond 2^53 and decimals as text, so that no digit is lost
 *
 * A table is one query on a connection of its own. The socket is paused while the reader is
 * behind, so memory holds a few thousand rows whatever the size of the table. Rows with equal
 * keys come in the server's order.
 *
 * A server that says nothing for `limitMs`, at the door or in the middle of a result, is given up.
 *
 * A table that is left out has no rows; one that does not exist ends the reading.
 *
 * Left out: IAM tokens as passwords; a certificate bundle of our own (TLS checks against the
 * runtime's roots: DENO_CERT adds one).
 */
import type { Connection, FieldPacket, Query } from "mysql2";
import { Buffer } from "node:buffer";
import { connect as connectSocket, type Socket } from "node:net";
import { OutsideError } from "../errors.ts";
import { sourceTables, type TableName } from "../tables.ts";
import type { MysqlTarget } from "../target.ts";
import { outside } from "./outside.ts";
import { defaultRetryLimits, inTime, type RetryLimits } from "./retry.ts";

/** A row as it is posted. The order of its fields is the order of the columns. */
export type Row = Record<string, unknown>;

export interface Source extends AsyncDisposable {
  /** All rows in ascending order of the key, some hundred at a time. */
  readTable(table: TableName): AsyncIterable<Row[]>;
  /** The nth row as the course asks for it, without an order; undefined past the end. */
  rowAt(table: TableName, n: number): Promise<Row | undefined>;
}

const batchRows = 500;
const queuedBatchesMax = 4;
const connectTimeoutMs = 10_000;
/** A server gives up a result that nobody takes for this long; its default is a minute. */
const writeTimeoutSeconds = 3_600;

export interface SourceOptions extends Partial<Pick<RetryLimits, "limitMs">> {
  /** Tables that are not read, whether they exist or not. */
  without?: readonly TableName[] | undefined;
}

export function openSource(
  target: MysqlTarget,
  { limitMs = defaultRetryLimits.limitMs, without = [] }: SourceOptions = {},
): Source {
  const open = new Map<Connection, Socket>();
  const forRows = new Map<TableName, Promise<Connection>>();

  async function connect(): Promise<Connection> {
    const socket = connectSocket({ host: target.host, port: target.port });
    const connection = await connectTo(target, socket, limitMs);
    open.set(connection, socket);
    return connection;
  }

  /** mysql2 alone would only end its side: a server in the middle of a result waits for ever. */
  function close(connection: Connection): void {
    connection.destroy();
    open.get(connection)?.destroy();
    open.delete(connection);
  }

  async function* readTable(table: TableName): AsyncGenerator<Row[]> {
    if (without.includes(table)) return;
    const connection = await connect();
    const { source, key } = sourceTables[table];
    try {
      yield* stream(connection, `SELECT * FROM \`${source}\` ORDER BY \`${key}\``, limitMs);
    } catch (error) {
      throw troubleWith(target, `read ${source}`, error);
    } finally {
      close(connection);
    }
  }

  async function rowAt(table: TableName, n: number): Promise<Row | undefined> {
    if (without.includes(table)) return undefined;
    const { source } = sourceTables[table];
    try {
      let connection = forRows.get(table);
      if (connection === undefined) forRows.set(table, connection = connect());
      const sql = `SELECT * FROM \`${source}\` LIMIT ${n}, 1`;
      return await inTime(limitMs, firstRow(await connection, sql));
    } catch (error) {
      throw troubleWith(target, `read ${source}`, error);
    }
  }

  return {
    readTable,
    rowAt,
    [Symbol.asyncDispose]() {
      for (const connection of open.keys()) close(connection);
      return Promise.resolve();
    },
  };
}

/**
 * The rows of a question whose answer is small, on a connection of its own.
 * @throws {OutsideError} saying what was done, if it cannot be answered
 */
export async function ask(
  target: MysqlTarget,
  doing: string,
  sql: string,
  limitMs: number = defaultRetryLimits.limitMs,
): Promise<Row[]> {
  const socket = connectSocket({ host: target.host, port: target.port });
  const connection = await connectTo(target, socket, limitMs);
  try {
    return (await Array.fromAsync(stream(connection, sql, limitMs))).flat();
  } catch (error) {
    throw troubleWith(target, doing, error);
  } finally {
    connection.destroy();
    socket.destroy();
  }
}

async function connectTo(
  target: MysqlTarget,
  socket: Socket,
  limitMs: number,
): Promise<Connection> {
  const { default: mysql } = await import("mysql2");
  try {
    const connection = mysql.createConnection({
      host: target.host,
      port: target.port,
      stream: socket,
      user: target.user,
      password: target.password.reveal(),
      database: target.database,
      charset: "utf8mb4",
      dateStrings: true,
      jsonStrings: true,
      supportBigNumbers: true,
      connectTimeout: Math.min(connectTimeoutMs, limitMs),
      ...(target.tls ? { ssl: { rejectUnauthorized: true, verifyIdentity: true } } : {}),
    });
    // A connection that is lost between two queries says so to nobody else.
    connection.on("error", () => {});
    await new Promise<void>((resolve, reject) => {
      connection.connect((error) => error ? reject(error) : resolve());
    });
    const isSet = new Promise<void>((resolve) => {
      // Servers without this setting are free to refuse it.
      connection.query(`SET SESSION net_write_timeout = ${writeTimeoutSeconds}`, () => resolve());
    });
    await inTime(limitMs, isSet);
    return connection;
  } catch (error) {
    throw troubleWith(target, "connect", error);
  }
}

/**
 * The rows of a query in batches. Listens itself instead of asking mysql2 for a stream, which
 * would cost more for each row than to parse it.
 */
async function* stream(
  connection: Connection,
  sql: string,
  limitMs: number,
): AsyncGenerator<Row[]> {
  const queue: Row[][] = [];
  let batch: Row[] = [];
  let blobs: string[] = [];
  let end: { error?: unknown } | undefined;
  let wake = () => {};
  const finish = (error?: unknown) => {
    if (end !== undefined) return;
    if (batch.length > 0) queue.push(batch);
    end = error === undefined ? {} : { error };
    wake();
  };
  const query: Query = connection.query(sql);
  query.on("fields", (fields: FieldPacket[]) => blobs = blobColumns(fields));
  query.on("result", (row: unknown) => {
    batch.push(blobs.length === 0 ? row as Row : withTexts(row as Row, blobs));
    if (batch.length < batchRows) return;
    queue.push(batch);
    batch = [];
    if (queue.length >= queuedBatchesMax) connection.pause();
    wake();
  });
  query.on("error", finish);
  query.on("end", () => finish());
  connection.on("error", finish);
  for (;;) {
    const next = queue.shift();
    if (next !== undefined) {
      if (queue.length < queuedBatchesMax / 2) connection.resume();
      yield next;
      continue;
    }
    if (end !== undefined) break;
    await inTime(limitMs, new Promise<void>((resolve) => wake = resolve));
  }
  if ("error" in end) throw end.error;
}

function firstRow(connection: Connection, sql: string): Promise<Row | undefined> {
  return new Promise((resolve, reject) => {
    connection.query(sql, (error: unknown, rows: unknown, fields: FieldPacket[]) => {
      if (error) return reject(error);
      const row = Array.isArray(rows) ? rows[0] as Row | undefined : undefined;
      resolve(row === undefined ? undefined : withTexts(row, blobColumns(fields)));
    });
  });
}

/** Columns that come as bytes although they hold text: BLOBs and binary strings. */
function blobColumns(fields: FieldPacket[]): string[] {
  const binary = 63;
  const byteTypes = new Set([16, 249, 250, 251, 252, 253, 254]);
  return fields
    .filter((field) => byteTypes.has(field.columnType ?? -1))
    .filter((field) => field.columnType === 16 || field.charsetNr === binary)
    .map((field) => field.name);
}

function withTexts(row: Row, columns: string[]): Row {
  for (const column of columns) {
    const value = row[column];
    if (Buffer.isBuffer(value)) row[column] = value.toString("utf8");
  }
  return row;
}

/** What to look at first, for the errors that people meet. */
const advice: Readonly<Record<string, string>> = {
  ER_ACCESS_DENIED_ERROR: "check user and password in MYSQL_URL",
  ER_DBACCESS_DENIED_ERROR: "this user may not use the database in MYSQL_URL",
  ER_BAD_DB_ERROR: "check the database at the end of MYSQL_URL",
  ECONNREFUSED: "nothing listens there: check host and port in MYSQL_URL",
  ENOTFOUND: "check the host in MYSQL_URL",
  ETIMEDOUT: "no answer: check the host in MYSQL_URL, and that its firewall lets this machine in",
  HANDSHAKE_NO_SSL_SUPPORT: "the server has no TLS: leave ?ssl=true out of MYSQL_URL",
};

function troubleWith(target: MysqlTarget, doing: string, error: unknown): Error {
  const where = `${doing} at mysql://${target.user}@${target.host}:${target.port}/` +
    target.database;
  if (error instanceof OutsideError) {
    return error.retryable ? silence(where, error) : error;
  }
  const told = outside(where, error, { retryable: false });
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : "";
  const hint = advice[String(code)] ?? "check MYSQL_URL";
  if (!(told instanceof OutsideError)) return told;
  return new OutsideError(`${told.message}: ${hint}`, { retryable: false, cause: error });
}

function silence(where: string, { message }: OutsideError): OutsideError {
  return new OutsideError(
    `Cannot ${where}: ${message}; check MYSQL_URL, or wait longer with --give-up-after`,
    { retryable: false },
  );
}
