/**
 * The simulated RDS for MySQL: three source tables, read-only, for everybody's MySQL client.
 *
 * No more connections than MySQL takes by default are open at a time. Where all places are taken,
 * the client that has waited longest with its login goes; where all have logged in, the new one is
 * told that there are too many.
 *
 * Ready as soon as its port is bound: the query engine is imported when files are loaded or a
 * query needs it, and queries that need tables wait for them.
 *
 * Source: MySQL client/server protocol; MySQL 8.0 reference.
 * Left out: accounts with passwords beside the one, writes, compression, replication.
 */
import { anonymous } from "../iam/principal.ts";
import { Port, type Visit } from "../net/port.ts";
import { randomNumber } from "../secrets.ts";
import type { Service, ServiceContext } from "../service.ts";
import { connectionsMax, serverVersion } from "./admin/variables.ts";
import { type Certificate, makeCertificate } from "./certificate.ts";
import { command } from "./commands.ts";
import { Engine, type LoadedSource, type LoadOptions, type SourceFiles } from "./engine/engine.ts";
import { MysqlError } from "./errors.ts";
import { type IamUsers, resourceIdOf } from "./iam_login.ts";
import { logIn, type LoginContext } from "./login.ts";
import { type Server, Session, timeText } from "./session.ts";
import { Channel } from "./wire/channel.ts";
import { ConnStream } from "../net/conn_stream.ts";
import { err, errBeforeLogin, ok } from "./wire/packets.ts";

export { SourceFileError } from "./source/errors.ts";
export { type IamUsers, resourceIdOf, userArn } from "./iam_login.ts";
export type { LoadedSource, LoadOptions, SourceFiles } from "./engine/engine.ts";

export interface MysqlOptions {
  /** Default: any free one. */
  port?: number;
  user: string;
  password: string;
  database: string;
  /** Users who log in by IAM, beside the one with the password. Default: none. */
  iamUsers?: IamUsers;
}

export interface MysqlServer extends Service {
  /**
   * Fills the named tables from CSV (`.csv`, `.tsv`), JSON (`.jsonl`, `.ndjson`, `.json`) or
   * Parquet (`.parquet`) files, also packed (`.gz`). A table that is not named does not exist.
   * @throws {SourceFileError} which file, line and column, and what was expected there.
   */
  load(files: SourceFiles, options?: LoadOptions): Promise<LoadedSource>;
}

/** Documented: `connect_timeout` by default, for the whole of a login. */
const connectMs = 10_000;
const goodbyeMs = 10_000;

// deno-lint-ignore require-await -- a port in use must reject, not throw
export async function startMysql(
  { world, dir, events }: ServiceContext,
  { port = 0, user, password, database, iamUsers }: MysqlOptions,
): Promise<MysqlServer> {
  const engine = new Engine({ dir, database, now: () => timeText(world.nowMs()) });
  const server: Server = {
    port: 0,
    version: serverVersion,
    database,
    engine,
    startedMs: world.nowMs(),
    nowMs: () => world.nowMs(),
    sessions: new Map(),
    questions: 0,
    events,
  };
  const { accountId } = world;
  let certificate: Certificate | null = null;
  const login: Omit<LoginContext, "connectionId"> = {
    account: { user, password, database },
    iamUsers: iamUsers ?? null,
    instance: {
      get port() {
        return server.port;
      },
      accountId,
      resourceId: resourceIdOf(world),
      nowMs: server.nowMs,
    },
    // One that came again at the next start would let a recorded login be played again.
    random: randomNumber,
    version: serverVersion,
    certificate: () => certificate ??= makeCertificate(world.random("mysql certificate")),
    cached: { isWarm: false },
  };
  let connectionCount = 0;
  const listener = new Port({
    port,
    visitsMax: connectionsMax,
    firstWordsMs: connectMs,
    farewell: tooManyConnections(),
  }, (visit) => attend(visit, server, { ...login, connectionId: ++connectionCount }));
  server.port = listener.port;
  return {
    port: server.port,
    load: (files, options) => engine.load(files, options),
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const session of server.sessions.values()) session.interrupt();
      await engine[Symbol.asyncDispose]();
      await listener[Symbol.asyncDispose]();
    },
  };
}

function tooManyConnections(): Uint8Array {
  const payload = errBeforeLogin(new MysqlError("ER_CON_COUNT_ERROR", "Too many connections"));
  return Uint8Array.of(payload.length, 0, 0, 0, ...payload);
}

/** Serves a connection and sees it closed: no client keeps it by not taking its last bytes. */
async function attend(visit: Visit, server: Server, login: LoginContext): Promise<void> {
  const stream = new ConnStream(visit.conn);
  const closed = new Promise((resolve) => stream.once("close", resolve));
  const channel = new Channel(stream);
  await serve(channel, server, login, visit);
  visit.clientsTurn(goodbyeMs);
  if (channel.ended) stream.destroy();
  await closed;
}

/** One connection from greeting to goodbye. Whatever goes wrong with it stays with it. */
async function serve(
  channel: Channel,
  server: Server,
  login: LoginContext,
  visit: Visit,
): Promise<void> {
  let session: Session | null = null;
  try {
    session = await open(channel, server, login);
    visit.ourTurn();
    while (session !== null && !channel.ended) {
      session.running = null;
      channel.beginCommand();
      const payload = await channel.read();
      if (payload === null) break;
      server.questions++;
      session.sinceMs = server.nowMs();
      if (!await answer(payload, channel, session, login)) break;
    }
  } catch (error) {
    channel.write(err(asMysqlError(error)));
    await channel.flush();
  } finally {
    if (session !== null) server.sessions.delete(session.id);
    session?.close();
    channel.end();
  }
}

/** Null: refused, or gone. */
async function open(
  channel: Channel,
  server: Server,
  login: LoginContext,
): Promise<Session | null> {
  const note = server.events?.begin("mysql") ?? null;
  note?.asks(anonymous, "login");
  try {
    const found = await logIn(channel, login);
    if (found === null) return null;
    const { connectionId: id } = login;
    const session = new Session(server, { ...found, id, kill: () => channel.destroy() });
    server.sessions.set(id, session);
    note?.asks(session.principal, "login");
    note?.answered("OK");
    channel.write(ok({ status: session.status, info: found.info }));
    await channel.flush();
    return session;
  } catch (error) {
    const refusal = asMysqlError(error);
    note?.answered(refusal.code);
    channel.write(refusal.code === "ER_HANDSHAKE_ERROR" ? errBeforeLogin(refusal) : err(refusal));
    await channel.flush();
    return null;
  }
}

/** False: the connection is over. */
async function answer(
  payload: Uint8Array,
  channel: Channel,
  session: Session,
  login: LoginContext,
): Promise<boolean> {
  const note = session.server.events?.begin("mysql") ?? null;
  let goesOn = true;
  try {
    goesOn = await command(payload, { channel, session, login, note });
    note?.answered("OK");
  } catch (error) {
    const found = asMysqlError(error);
    note?.answered(found.code);
    channel.write(err(found));
    goesOn = found.code !== "ER_ACCESS_DENIED_ERROR" &&
      found.code !== "ER_NET_PACKETS_OUT_OF_ORDER";
  }
  await channel.flush();
  return goesOn;
}

function asMysqlError(error: unknown): MysqlError {
  if (error instanceof MysqlError) return error;
  if (error instanceof RangeError) {
    return new MysqlError("ER_MALFORMED_PACKET", "Malformed communication packet.");
  }
  const text = error instanceof Error ? error.message : String(error);
  return new MysqlError("ER_UNKNOWN_ERROR", text);
}
