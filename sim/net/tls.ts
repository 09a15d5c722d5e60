/**
 * TLS: a connection and a server's certificate -> the bytes inside, to read and to write.
 *
 * Observed (Deno 2.9.6): `Deno.listenTls` leaves small packets waiting for the client's next
 * acknowledgement, 40 ms for each answer of more than one TLS record, and has no switch for it. So
 * Deno listens, the connection is told not to wait, and Node's TLS is put upon it.
 */
import { Buffer } from "node:buffer";
import { TLSSocket } from "node:tls";
import { ConnStream } from "./conn_stream.ts";
import { ConnectionClosed } from "./http_wire.ts";
import type { ByteSink, ByteSource } from "./tcp.ts";

/** A private key and its certificate, PEM both. */
export interface TlsIdentity {
  key: string;
  certificate: string;
}

export class TlsChannel implements ByteSource, ByteSink {
  readonly #socket: TLSSocket;
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Uint8Array = Buffer.alloc(0);
  #failure: Error | null = null;

  constructor(conn: Deno.TcpConn, { key, certificate }: TlsIdentity) {
    const options = { isServer: true, key, cert: certificate };
    this.#socket = new TLSSocket(new ConnStream(conn), options);
    this.#socket.on("error", (error) => this.#failure = error);
    this.#chunks = this.#socket[Symbol.asyncIterator]();
  }

  /** @throws {ConnectionClosed} if the client is gone, or speaks no TLS. */
  async read(buffer: Uint8Array): Promise<number | null> {
    if (this.#rest.length === 0) {
      const chunk = await this.#chunks.next().catch((error) => this.#fail(error));
      if (chunk.done === true) return null;
      this.#rest = chunk.value;
    }
    const count = Math.min(this.#rest.length, buffer.length);
    buffer.set(this.#rest.subarray(0, count));
    this.#rest = this.#rest.subarray(count);
    return count;
  }

  /** @throws {ConnectionClosed} as `read`. */
  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      const written = (error?: Error | null) => {
        if (error) reject(new ConnectionClosed(error.message, { cause: error }));
        else resolve(bytes.length);
      };
      this.#socket.write(bytes, written);
    });
  }

  #fail(error: unknown): never {
    const cause = this.#failure ?? error;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConnectionClosed(reason, { cause });
  }

  /** Says goodbye, if the client still listens; the connection itself is its owner's to close. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#socket.once("close", resolve);
      if (this.#socket.destroyed) resolve();
      this.#socket.end(() => this.#socket.destroy());
    });
  }
}
