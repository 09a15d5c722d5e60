/**
 * Commands: what a client sends after login -> packets. Every command is answered, one that is
 * unknown with an error; only COM_QUIT, COM_STMT_CLOSE and COM_STMT_SEND_LONG_DATA have no answer.
 *
 * Source: MySQL client/server protocol, Command Phase.
 * Left out: cursors (rows are sent at once instead), replication commands.
 */
import type { RequestNote } from "../events.ts";
import { type Answer, type Rows, rowsOf, textColumn } from "./admin/answers.ts";
import { processHeadings } from "./admin/show.ts";
import { MysqlError, syntaxError, unknownTable } from "./errors.ts";
import { authenticate, chooseDatabase as databaseOf, type LoginContext } from "./login.ts";
import { describeColumns, parsePrepared, runPrepared } from "./prepared.ts";
import type { PreparedStatement, Session } from "./session.ts";
import { splitStatements, tokenize } from "./sql/tokens.ts";
import { chooseDatabase, execute, killSession, processes } from "./statements.ts";
import { binaryRow, readParameters } from "./wire/binary.ts";
import { PayloadReader, PayloadWriter } from "./wire/bytes.ts";
import { type Channel, packetPayloadMax } from "./wire/channel.ts";
import {
  capability,
  type Column,
  columnDefinition,
  endOfRows,
  eof,
  fieldListEntry,
  ok,
  prepared,
  readChangeUser,
  serverStatus,
} from "./wire/packets.ts";
import { encodeColumns } from "./engine/encode.ts";

export interface CommandContext {
  channel: Channel;
  session: Session;
  login: LoginContext;
  note: RequestNote | null;
}

type Command = (reader: PayloadReader, ctx: CommandContext) => void | Promise<void>;

/** By the first byte of the payload; what has no function says goodbye. */
const commands: Readonly<Record<number, readonly [name: string, run?: Command]>> = {
  0x01: ["COM_QUIT"],
  0x02: ["COM_INIT_DB", initDb],
  0x03: ["COM_QUERY", textQuery],
  0x04: ["COM_FIELD_LIST", fieldList],
  0x07: ["COM_REFRESH", () => refuse("RELOAD")],
  0x08: ["COM_SHUTDOWN", () => refuse("SHUTDOWN")],
  0x09: ["COM_STATISTICS", statistics],
  0x0a: ["COM_PROCESS_INFO", processInfo],
  0x0c: ["COM_PROCESS_KILL", processKill],
  0x0d: ["COM_DEBUG", (_, { channel, session }) => channel.write(eof(session.status))],
  0x0e: ["COM_PING", (_, ctx) => sendOk(ctx)],
  0x11: ["COM_CHANGE_USER", changeUser],
  0x16: ["COM_STMT_PREPARE", prepare],
  0x17: ["COM_STMT_EXECUTE", executePrepared],
  0x18: ["COM_STMT_SEND_LONG_DATA", longData],
  0x19: ["COM_STMT_CLOSE", closeStatement],
  0x1a: ["COM_STMT_RESET", resetStatement],
  0x1b: ["COM_SET_OPTION", setOption],
  0x1f: ["COM_RESET_CONNECTION", (_, ctx) => (ctx.session.reset(), sendOk(ctx))],
};

/** False: the client has said goodbye. */
export async function command(payload: Uint8Array, ctx: CommandContext): Promise<boolean> {
  const reader = new PayloadReader(payload);
  const code = reader.remaining > 0 ? reader.uint8() : 0;
  const found = commands[code];
  if (found === undefined) throw new MysqlError("ER_UNKNOWN_COM_ERROR", "Unknown command");
  const [name, run] = found;
  ctx.note?.asks(ctx.session.principal, name);
  await run?.(reader, ctx);
  return run !== undefined;
}

function sendOk({ channel, session }: CommandContext, more = 0, info?: string): void {
  channel.write(ok({ status: session.status | more, ...(info === undefined ? {} : { info }) }));
}

function refuse(privilege: string): never {
  throw new MysqlError(
    "ER_SPECIFIC_ACCESS_DENIED_ERROR",
    `Access denied; you need (at least one of) the ${privilege} privilege(s) for this operation`,
  );
}

function initDb(reader: PayloadReader, ctx: CommandContext): void {
  chooseDatabase(reader.restText(), ctx.session);
  sendOk(ctx);
}

/** One statement, or several, each with its answer, until one fails. */
async function textQuery(reader: PayloadReader, ctx: CommandContext): Promise<void> {
  const { session } = ctx;
  const sql = reader.restText();
  const ansiQuotes = String(session.variables.setting("sql_mode")).includes("ANSI_QUOTES");
  const statements = splitStatements(tokenize(sql, { ansiQuotes }));
  if (statements.length === 0) throw new MysqlError("ER_EMPTY_QUERY", "Query was empty");
  const second = statements[1]?.[0];
  if (second !== undefined && !(session.capabilities & capability.multiStatements)) {
    throw syntaxError(sql, second.at);
  }
  for (const [at, tokens] of statements.entries()) {
    const hasMore = at < statements.length - 1;
    session.running = sql;
    ctx.note?.asks(session.principal, "COM_QUERY", shortened(sql));
    const answer = await execute(sql, tokens, session);
    await sendAnswer(answer, ctx, hasMore ? serverStatus.moreResults : 0);
  }
}

function shortened(sql: string): string {
  return sql.slice(0, 200).replaceAll(/\s+/g, " ").trim();
}

async function sendAnswer(answer: Answer, ctx: CommandContext, more: number): Promise<void> {
  if (answer.kind === "done") sendOk(ctx, more, answer.info);
  else await sendRows(answer, ctx, more);
}

async function sendRows(
  { columns, chunks }: Rows,
  { channel, session }: CommandContext,
  more = 0,
  isBinary = false,
): Promise<void> {
  sendColumns(columns, channel, session);
  for await (const chunk of chunks) {
    for (let row = 0; row < chunk.count; row++) {
      const size = chunk.sizeOf(row);
      if (isBinary || size >= packetPayloadMax) {
        const bytes = new Uint8Array(size);
        chunk.copy(row, bytes, 0);
        channel.write(isBinary ? binaryRow(bytes, columns) : bytes);
      } else {
        const at = channel.place(size);
        chunk.copy(row, channel.output, at);
      }
      if (channel.full) await channel.flush();
    }
    if (channel.ended) return;
  }
  channel.write(endOfRows(session.capabilities, session.status | more));
}

function sendColumns(columns: readonly Column[], channel: Channel, session: Session): void {
  channel.write(new PayloadWriter().lenenc(columns.length).finish());
  for (const column of columns) channel.write(columnDefinition(column));
  if (!(session.capabilities & capability.deprecateEof)) channel.write(eof(session.status));
}

/** `table\0pattern`: the columns of a table; old clients ask this to complete names. */
async function fieldList(reader: PayloadReader, ctx: CommandContext): Promise<void> {
  const { channel, session } = ctx;
  const name = reader.zeroText();
  const loaded = (await session.server.engine.tables()).get(name);
  if (loaded === undefined) throw unknownTable(session.database ?? "", name);
  for (const column of encodeColumns(loaded.table, session.server.database)) {
    channel.write(fieldListEntry(column));
  }
  channel.write(eof(session.status));
}

/** The only answer that is neither OK, ERR nor rows: a text. */
function statistics(_: PayloadReader, { channel, session }: CommandContext): void {
  const { server } = session;
  const uptime = Math.floor((server.nowMs() - server.startedMs) / 1000);
  channel.write(
    new PayloadWriter().text(
      `Uptime: ${uptime}  Threads: ${server.sessions.size}  Questions: ${server.questions}  ` +
        "Slow queries: 0  Opens: 3  Flush tables: 1  Open tables: 3  Queries per second avg: 0.000",
    ).finish(),
  );
}

function processInfo(_: PayloadReader, ctx: CommandContext): Promise<void> {
  return sendRows(rowsOf(processHeadings, processes(ctx.session)), ctx);
}

function processKill(reader: PayloadReader, ctx: CommandContext): void {
  killSession(reader.uint32(), false, ctx.session);
  sendOk(ctx);
}

async function changeUser(reader: PayloadReader, ctx: CommandContext): Promise<void> {
  const { channel, session, login } = ctx;
  const request = readChangeUser(reader.rest(), session.capabilities);
  const proven = await authenticate(channel, login, request, {
    scramble: null,
    isTls: session.isTls,
  });
  if (proven === null) return;
  const database = databaseOf(request, login);
  session.reset();
  session.user = request.user;
  session.principal = proven.principal;
  session.database = database;
  sendOk(ctx);
}

async function prepare(reader: PayloadReader, { channel, session }: CommandContext): Promise<void> {
  const statement = parsePrepared(reader.restText(), session);
  const columns = await describeColumns(statement, session);
  const id = session.nextStatementId++;
  session.prepared.set(id, statement);
  const { parameterCount } = statement;
  channel.write(prepared(id, columns.length, parameterCount));
  const wantsEof = !(session.capabilities & capability.deprecateEof);
  for (let at = 0; at < parameterCount; at++) channel.write(columnDefinition(textColumn("?")));
  if (parameterCount > 0 && wantsEof) channel.write(eof(session.status));
  for (const column of columns) channel.write(columnDefinition(column));
  if (columns.length > 0 && wantsEof) channel.write(eof(session.status));
}

function preparedById(id: number, session: Session): PreparedStatement {
  const statement = session.prepared.get(id);
  if (statement !== undefined) return statement;
  throw new MysqlError(
    "ER_UNKNOWN_STMT_HANDLER",
    `Unknown prepared statement handler (${id}) given to mysqld_stmt_execute`,
  );
}

async function executePrepared(reader: PayloadReader, ctx: CommandContext): Promise<void> {
  const { session } = ctx;
  const statement = preparedById(reader.uint32(), session);
  reader.uint8(); // A wish for a cursor: the rows are sent at once.
  reader.uint32(); // Always one iteration.
  const { parameterCount, types, longData } = statement;
  const parameters = readParameters(reader, parameterCount, types, longData);
  statement.types = parameters.types;
  longData.clear();
  session.running = statement.sql;
  ctx.note?.asks(session.principal, "COM_STMT_EXECUTE", shortened(statement.sql));
  const answer = await runPrepared(statement, parameters.values, session);
  if (answer.kind === "done") sendOk(ctx);
  else await sendRows(answer, ctx, 0, true);
}

function longData(reader: PayloadReader, { session }: CommandContext): void {
  const statement = session.prepared.get(reader.uint32());
  const parameter = reader.uint16();
  if (statement === undefined) return;
  const before = statement.longData.get(parameter) ?? new Uint8Array();
  const whole = new PayloadWriter().bytes(before).bytes(reader.rest()).finish();
  statement.longData.set(parameter, whole);
}

function closeStatement(reader: PayloadReader, { session }: CommandContext): void {
  session.prepared.delete(reader.uint32());
}

function resetStatement(reader: PayloadReader, ctx: CommandContext): void {
  preparedById(reader.uint32(), ctx.session).longData.clear();
  sendOk(ctx);
}

function setOption(reader: PayloadReader, { channel, session }: CommandContext): void {
  session.allowMultiStatements(reader.uint16() === 0);
  channel.write(eof(session.status));
}
