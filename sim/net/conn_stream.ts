/**
 * ConnStream: a connection of Deno's -> a stream of Node's, which TLS can be put upon.
 *
 * Observed (Deno 2.9.6): a listener of node:net that once found no file handle for a connection
 * never takes another one. So Deno's listens, and what speaks TLS gets this.
 */
import { Duplex } from "node:stream";
import { writeAll } from "./http_wire.ts";
import { closeQuietly } from "./trouble.ts";

/** What a client sends is short: statements. */
const pieceBytes = 16 * 1024;

export class ConnStream extends Duplex {
  readonly #conn: Deno.TcpConn;
  readonly #piece = new Uint8Array(pieceBytes);

  constructor(conn: Deno.TcpConn) {
    super({ allowHalfOpen: false });
    this.#conn = conn;
  }

  override _read(): void {
    this.#conn.read(this.#piece).then(
      (count) => this.push(count === null ? null : this.#piece.slice(0, count)),
      (error) => this.destroy(error),
    );
  }

  override _write(bytes: Uint8Array, _encoding: string, done: (error?: Error) => void): void {
    writeAll(this.#conn, bytes).then(() => done(), done);
  }

  override _final(done: (error?: Error) => void): void {
    this.#conn.closeWrite().then(() => done(), () => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    closeQuietly(this.#conn);
    done(error);
  }
}
