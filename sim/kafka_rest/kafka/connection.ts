/**
 * One connection to a broker: requests -> answers, many under way at once.
 *
 *   request    length INT32, api_key INT16, api_version INT16, correlation_id INT32,
 *              client_id NULLABLE_STRING, body
 *   response   length INT32, correlation_id INT32, body
 *
 * A broker answers in the order of the requests. When the connection breaks, or one answer is
 * too late, all that is under way fails: nobody knows what of it was done.
 *
 * Source: Apache Kafka, protocol guide.
 */
import { Reader, Writer } from "../../net/bytes.ts";
import { FrameReader, writeAll } from "../../net/tcp.ts";
import { KafkaNetworkError } from "./errors.ts";
import type { KafkaRequest } from "./requests.ts";

const clientId = "rest-proxy";

interface Pending {
  correlationId: number;
  settle(reader: Reader): void;
  fail(error: Error): void;
}

export class KafkaConnection implements Disposable {
  readonly #conn: Deno.TcpConn;
  readonly #pending: Pending[] = [];
  readonly #outgoing: Uint8Array[] = [];
  #isWriting = false;
  #lastCorrelationId = 0;
  #broken: KafkaNetworkError | null = null;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    conn.setNoDelay();
    this.#read();
  }

  /** @throws {KafkaNetworkError} if nobody answers there. */
  static async open(hostname: string, port: number): Promise<KafkaConnection> {
    try {
      return new KafkaConnection(await Deno.connect({ hostname, port }));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new KafkaNetworkError(`Connection to ${hostname}:${port} failed: ${reason}`);
    }
  }

  get isBroken(): boolean {
    return this.#broken !== null;
  }

  /** @throws {KafkaNetworkError} if there is no answer within `timeoutMs`, or none at all. */
  send<T>(request: KafkaRequest<T>, timeoutMs: number): Promise<T> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    const correlationId = ++this.#lastCorrelationId;
    this.#outgoing.push(framed(request, correlationId));
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const late = setTimeout(() => this.#break(`No answer within ${timeoutMs} ms`), timeoutMs);
    this.#pending.push({
      correlationId,
      settle(reader) {
        clearTimeout(late);
        resolve(request.read(reader));
      },
      fail(error) {
        clearTimeout(late);
        reject(error);
      },
    });
    if (!this.#isWriting) this.#write();
    return promise;
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    try {
      for (let next = this.#outgoing.shift(); next !== undefined; next = this.#outgoing.shift()) {
        await writeAll(this.#conn, next);
      }
    } catch (error) {
      this.#break(error instanceof Error ? error.message : String(error));
    }
    this.#isWriting = false;
  }

  async #read(): Promise<void> {
    const frames = new FrameReader(this.#conn);
    try {
      for (let frame = await frames.next(); frame !== null; frame = await frames.next()) {
        this.#settle(new Reader(frame));
      }
      this.#break("The server disconnected before a response was received.");
    } catch (error) {
      this.#break(error instanceof Error ? error.message : String(error));
    }
  }

  #settle(reader: Reader): void {
    const correlationId = reader.int32();
    const pending = this.#pending.shift();
    if (pending?.correlationId !== correlationId) {
      if (pending !== undefined) this.#pending.unshift(pending);
      return this.#break(`Answer ${correlationId} came, ${pending?.correlationId} was expected`);
    }
    try {
      pending.settle(reader);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      pending.fail(new KafkaNetworkError(`Cannot read the answer: ${error.message}`));
    }
  }

  #break(reason: string): void {
    if (this.#broken !== null) return;
    const error = this.#broken = new KafkaNetworkError(reason);
    this.#outgoing.length = 0;
    for (const pending of this.#pending.splice(0)) pending.fail(error);
    try {
      this.#conn.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#break("The client was closed");
  }
}

function framed<T>(request: KafkaRequest<T>, correlationId: number): Uint8Array {
  const writer = new Writer({ capacity: (request.capacity ?? 256) + 64 });
  writer.int32(0).int16(request.key).int16(request.version).int32(correlationId);
  writer.nullableString(clientId);
  request.write(writer);
  const bytes = writer.finish();
  new DataView(bytes.buffer, bytes.byteOffset).setInt32(0, bytes.length - 4);
  return bytes;
}
