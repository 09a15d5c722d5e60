/**
 * Session: what one connection has chosen and set, and what its queries need of it.
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { Events } from "../events.ts";
import { Interruption } from "../duckdb/interruption.ts";
import type { Principal } from "../iam/principal.ts";
import { Variables } from "./admin/variables.ts";
import type { Engine } from "./engine/engine.ts";
import type { SqlContext, SqlValue } from "./sql/context.ts";
import type { Token } from "./sql/tokens.ts";
import { capability, serverStatus } from "./wire/packets.ts";

export interface PreparedStatement {
  sql: string;
  tokens: readonly Token[];
  parameterCount: number;
  /** As the client told them last. */
  types: number[];
  longData: Map<number, Uint8Array>;
}

/** What all sessions share. */
export interface Server {
  port: number;
  version: string;
  /** The account's own database. */
  database: string;
  engine: Engine;
  startedMs: number;
  nowMs: () => number;
  sessions: Map<number, Session>;
  questions: number;
  events: Events | undefined;
}

export interface SessionOptions {
  id: number;
  user: string;
  /** Whom the login has proven. */
  principal: Principal;
  database: string | null;
  capabilities: number;
  isTls: boolean;
  /** Cuts the connection. */
  kill: () => void;
}

export class Session implements SqlContext {
  readonly id: number;
  user: string;
  /** Whom the login has proven. */
  principal: Principal;
  database: string | null;
  readonly isTls: boolean;
  readonly kill: () => void;
  variables: Variables;
  readonly prepared = new Map<number, PreparedStatement>();
  nextStatementId = 1;
  isInTransaction = false;
  /** The statement that runs, for SHOW PROCESSLIST. */
  running: string | null = null;
  sinceMs: number;
  #capabilities: number;
  #rowCount = -1;
  #statement: Interruption | null = null;
  #connection: { generation: number; connection: DuckDBConnection } | null = null;
  #scratch: DuckDBConnection | null = null;

  constructor(readonly server: Server, options: SessionOptions) {
    this.id = options.id;
    this.user = options.user;
    this.principal = options.principal;
    this.database = options.database;
    this.isTls = options.isTls;
    this.kill = options.kill;
    this.#capabilities = options.capabilities;
    this.variables = freshVariables(server);
    this.sinceMs = server.nowMs();
  }

  get capabilities(): number {
    return this.#capabilities;
  }

  /** COM_SET_OPTION. */
  allowMultiStatements(isAllowed: boolean): void {
    if (isAllowed) this.#capabilities |= capability.multiStatements;
    else this.#capabilities &= ~capability.multiStatements;
  }

  get status(): number {
    const autocommit = this.variables.setting("autocommit") === true ? serverStatus.autocommit : 0;
    return autocommit | (this.isInTransaction ? serverStatus.inTransaction : 0);
  }

  /** As after a new login; the database stays. */
  reset(): void {
    this.variables = freshVariables(this.server);
    this.prepared.clear();
    this.isInTransaction = false;
  }

  countRows(count: number): void {
    this.#rowCount = count;
  }

  variable(name: string): SqlValue {
    return this.variables.read(name);
  }

  get now(): string {
    return timeText(this.server.nowMs());
  }

  niladic(name: string): SqlValue | undefined {
    switch (name) {
      case "DATABASE":
      case "SCHEMA":
        return this.database;
      case "USER":
      case "SESSION_USER":
      case "SYSTEM_USER":
        return `${this.user}@127.0.0.1`;
      case "CURRENT_USER":
        return `${this.user}@%`;
      case "VERSION":
        return this.server.version;
      case "CONNECTION_ID":
        return this.id;
      case "FOUND_ROWS":
        return Math.max(this.#rowCount, 0);
      case "ROW_COUNT":
        return -1;
      case "LAST_INSERT_ID":
        return 0;
      case "UNIX_TIMESTAMP":
        return Math.floor(this.server.nowMs() / 1000);
      case "CURDATE":
      case "CURRENT_DATE":
      case "UTC_DATE":
        return this.now.slice(0, 10);
      case "CURTIME":
      case "CURRENT_TIME":
      case "UTC_TIME":
        return this.now.slice(11);
      case "NOW":
      case "SYSDATE":
      case "CURRENT_TIMESTAMP":
      case "LOCALTIME":
      case "LOCALTIMESTAMP":
      case "UTC_TIMESTAMP":
        return this.now;
      default:
        return undefined;
    }
  }

  /** The engine's connection of this session; with tables, once they are loaded. */
  async connection(needsTables: boolean): Promise<DuckDBConnection> {
    const { engine } = this.server;
    if (!needsTables) return this.#scratch ??= await engine.connectScratch();
    await engine.tables();
    if (this.#connection?.generation !== engine.generation) {
      const connection = await engine.connect();
      this.#connection = { generation: engine.generation, connection };
    }
    return this.#connection.connection;
  }

  /** KILL QUERY. */
  interrupt(): void {
    this.#statement?.begin();
  }

  /** What a KILL QUERY ends from now on, until the next statement begins. */
  startStatement(): Interruption {
    this.#statement?.end();
    const connections = () =>
      [this.#connection?.connection, this.#scratch].filter((one) => one != null);
    return this.#statement = new Interruption(connections);
  }

  close(): void {
    this.#statement?.end();
    this.#connection?.connection.closeSync();
    this.#scratch?.closeSync();
    this.#connection = null;
    this.#scratch = null;
  }
}

function freshVariables(server: Server): Variables {
  return new Variables({ port: server.port, version: server.version });
}

/** `YYYY-MM-DD HH:MM:SS`, UTC. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace("T", " ");
}
