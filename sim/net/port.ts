/**
 * Port: connections to 127.0.0.1 -> a function that serves each, never too many at once.
 *
 *   in    as many connections as clients like to open
 *   out   a visit each: the connection, and how long its client may take for its next step
 *
 * No client keeps the others out. Whoever owes us bytes has a limit for it, and where all places
 * are taken, the visit whose limit is nearest ends in favour of the new one: that of a client
 * which has said nothing yet comes first, one that we work for never ends. Only where we work for
 * all of them is the new one sent away.
 *
 * No number of connections ends the port either. When the process is out of file handles, it
 * gives a part of its own back, for files need some too, and goes on.
 */
import { Burst } from "./burst.ts";
import { writeAll } from "./http_wire.ts";
import { closeQuietly, isConnectionTrouble, isOutOfHandles } from "./trouble.ts";

/** Of 1,024 file handles, which are a common limit, three full ports leave a quarter for files. */
export const visitsMax = 256;
/** Taken away from a port that is out of handles it goes on with these at least. */
const visitsMin = 16;
/** For a client to say its first words. */
export const firstWordsMs = 30_000;
const sweepMs = 250;
const pauseMs = 100;

export interface PortOptions {
  /** Default 0: any free port. */
  port?: number;
  /** Connections that are served at a time. Default: 256. */
  visitsMax?: number;
  /** Milliseconds that a client has for its first words. Default: 30,000. */
  firstWordsMs?: number;
  /** What a client is told for whom there is no place. Default: nothing. */
  farewell?: Uint8Array;
}

/** One connection, and how long we wait for its client. */
export class Visit {
  readonly conn: Deno.TcpConn;
  #endMs = Infinity;

  constructor(conn: Deno.TcpConn) {
    this.conn = conn;
  }

  /** When the port ends this visit by itself. */
  get endMs(): number {
    return this.#endMs;
  }

  /** The client has so long to send something or to take something. */
  clientsTurn(limitMs: number): void {
    this.#endMs = performance.now() + limitMs;
  }

  /** We work; the client need not do anything. */
  ourTurn(): void {
    this.#endMs = Infinity;
  }
}

export class Port implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #serve: (visit: Visit) => Promise<void>;
  readonly #options: PortOptions;
  readonly #visits = new Set<Visit>();
  readonly #serving = new Set<Promise<void>>();
  readonly #burst = new Burst();
  readonly #sweeper: ReturnType<typeof setInterval>;
  readonly #accepting: Promise<void>;
  #visitsMax: number;
  #isClosed = false;

  /**
   * Clients are served from now on. What `serve` throws, but for trouble with its connection, is
   * our bug and nobody catches it.
   * @throws {Deno.errors.AddrInUse}
   */
  constructor(options: PortOptions, serve: (visit: Visit) => Promise<void>) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: options.port ?? 0 });
    this.#serve = serve;
    this.#options = options;
    this.#visitsMax = options.visitsMax ?? visitsMax;
    this.#sweeper = setInterval(() => this.#sweep(), sweepMs);
    this.#accepting = this.#acceptAll();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** No more connections; those that are open end. Disposing also waits for who serves them. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#sweeper);
    this.#listener.close();
    for (const visit of this.#visits) this.#end(visit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#accepting;
    await Promise.all(this.#serving);
  }

  async #acceptAll(): Promise<void> {
    while (!this.#isClosed) {
      try {
        await this.#welcome(await this.#listener.accept());
      } catch (error) {
        // A client that hung up while it waited is its own trouble, not that of the port.
        if (!this.#isClosed && !isConnectionTrouble(error)) await this.#recover(error);
      }
    }
  }

  async #welcome(conn: Deno.TcpConn): Promise<void> {
    if (this.#isClosed) return closeQuietly(conn);
    if (this.#visits.size >= this.#visitsMax && !this.#endNearest(this.#visitsMax)) {
      return await this.#sendAway(conn);
    }
    const visit = new Visit(conn);
    visit.clientsTurn(this.#options.firstWordsMs ?? firstWordsMs);
    this.#visits.add(visit);
    const serving = this.#received(visit).finally(() => this.#serving.delete(serving));
    this.#serving.add(serving);
  }

  async #received(visit: Visit): Promise<void> {
    try {
      visit.conn.setNoDelay();
      await this.#serve(visit);
    } catch (error) {
      if (isOutOfHandles(error)) this.#giveBack(error);
      else if (!isConnectionTrouble(error)) throw error;
    } finally {
      this.#end(visit);
    }
  }

  #end(visit: Visit): void {
    this.#visits.delete(visit);
    closeQuietly(visit.conn);
  }

  /** Ends visits until fewer than `count` are left; false where we work for all that are. */
  #endNearest(count: number): boolean {
    this.#burst.tell(
      `Port ${this.port}: ${this.#visits.size} connections are open, and no more than ` +
        `${this.#visitsMax} are served at a time: those that are silent are closed, the ones ` +
        "first that have not said anything",
    );
    const waiting = [...this.#visits].filter(({ endMs }) => endMs < Infinity)
      .sort((one, other) => one.endMs - other.endMs);
    for (const visit of waiting.slice(0, this.#visits.size - count + 1)) this.#end(visit);
    return this.#visits.size < count;
  }

  async #sendAway(conn: Deno.TcpConn): Promise<void> {
    try {
      if (this.#options.farewell !== undefined) await writeAll(conn, this.#options.farewell);
    } finally {
      closeQuietly(conn);
    }
  }

  /** Of an error of the listener: it is told, and the port goes on after a moment. */
  async #recover(error: unknown): Promise<void> {
    this.#giveBack(error);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }

  /** A quarter of the connections goes, and is not taken again before the trouble is over. */
  #giveBack(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#burst.tell(
      `Port ${this.port}: ${this.#visits.size} connections are open, another cannot be served: ` +
        `${reason}: silent ones are closed; a higher ulimit -n allows more`,
    );
    this.#visitsMax = Math.max(visitsMin, Math.floor(this.#visits.size * 0.75));
    if (this.#visits.size >= this.#visitsMax) this.#endNearest(this.#visitsMax);
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const visit of this.#visits) if (visit.endMs <= nowMs) this.#end(visit);
    if (!this.#burst.isOn) this.#visitsMax = this.#options.visitsMax ?? visitsMax;
  }
}
