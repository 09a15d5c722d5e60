/**
 * The simulated RDS for MySQL: three source tables, read-only, for everybody's MySQL client.
 *
 * Ready as soon as its port is bound: the query engine is imported when files are loaded or a
 * query needs it, and queries that need tables wait for them.
 *
 * Source: MySQL client/server protocol; MySQL 8.0 reference.
 * Left out: accounts beside the one, writes, compression, IAM login, replication.
 */
import { createServer, type Server as TcpServer, type Socket } from "node:net";
import type { Service, ServiceContext } from "../service.ts";
import { serverVersion } from "./admin/variables.ts";
import { type Certificate, makeCertificate } from "./certificate.ts";
import { command } from "./commands.ts";
import { Engine, type LoadedSource, type LoadOptions, type SourceFiles } from "./engine/engine.ts";
import { MysqlError } from "./errors.ts";
import { logIn, type LoginContext } from "./login.ts";
import { type Server, Session, timeText } from "./session.ts";
import { Channel } from "./wire/channel.ts";
import { err, errBeforeLogin, ok } from "./wire/packets.ts";

export { SourceFileError } from "./source/errors.ts";
export type { LoadedSource, LoadOptions, SourceFiles } from "./engine/engine.ts";

export interface MysqlOptions {
  /** Default: any free one. */
  port?: number;
  user: string;
  password: string;
  database: string;
}

export interface MysqlServer extends Service {
  /**
   * Fills the named tables from CSV (`.csv`, `.tsv`), JSON (`.jsonl`, `.ndjson`, `.json`) or
   * Parquet (`.parquet`) files, also packed (`.gz`). A table that is not named does not exist.
   * @throws {SourceFileError} which file, line and column, and what was expected there.
   */
  load(files: SourceFiles, options?: LoadOptions): Promise<LoadedSource>;
}

const host = "127.0.0.1";

export async function startMysql(
  { world, dir }: ServiceContext,
  { port = 0, user, password, database }: MysqlOptions,
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
  };
  let certificate: Promise<Certificate> | null = null;
  const login: Omit<LoginContext, "connectionId"> = {
    account: { user, password, database },
    random: world.random("mysql scramble"),
    version: serverVersion,
    certificate: () => certificate ??= makeCertificate(world.random("mysql certificate")),
    cached: { isWarm: false },
  };
  const open = new Map<Channel, Promise<void>>();
  const sockets = new Set<Socket>();
  let connectionCount = 0;
  const listener = createServer((socket: Socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    const channel = new Channel(socket);
    const connectionId = ++connectionCount;
    const served = serve(channel, server, { ...login, connectionId })
      .finally(() => open.delete(channel));
    open.set(channel, served);
  });
  server.port = await listen(listener, port);
  return {
    port: server.port,
    load: (files, options) => engine.load(files, options),
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      const serving = [...open.values()];
      for (const channel of open.keys()) channel.destroy();
      // Also those whose session is over but whose last bytes nobody takes.
      for (const socket of sockets) socket.destroy();
      for (const session of server.sessions.values()) session.interrupt();
      await engine[Symbol.asyncDispose]();
      await Promise.allSettled(serving);
      await closed;
    },
  };
}

function listen(listener: TcpServer, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(port, host, () => {
      const address = listener.address();
      if (address === null || typeof address === "string") {
        reject(new TypeError(`Cannot listen on ${host}: the address is ${address}`));
      } else resolve(address.port);
    });
  });
}

/** One connection from greeting to goodbye. Whatever goes wrong with it stays with it. */
async function serve(channel: Channel, server: Server, login: LoginContext): Promise<void> {
  let session: Session | null = null;
  try {
    session = await open(channel, server, login);
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
  try {
    const found = await logIn(channel, login);
    if (found === null) return null;
    const { connectionId: id } = login;
    const session = new Session(server, { ...found, id, kill: () => channel.destroy() });
    server.sessions.set(id, session);
    channel.write(ok({ status: session.status, info: found.info }));
    await channel.flush();
    return session;
  } catch (error) {
    const refusal = asMysqlError(error);
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
  let goesOn = true;
  try {
    goesOn = await command(payload, { channel, session, login });
  } catch (error) {
    const found = asMysqlError(error);
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
