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
 * With a login the session is renewed when most of it has passed: what was sent before is answered
 * first, what comes meanwhile waits.
 *
 * Source: Apache Kafka, protocol guide.
 */
import { Reader, Writer } from "../../net/bytes.ts";
import { FrameReader, writeAll } from "../../net/tcp.ts";
import { KafkaError, KafkaNetworkError } from "./errors.ts";
import type { KafkaRequest } from "./requests.ts";
import { type Login, logIn } from "./sasl.ts";

const clientId = "rest-proxy";

interface Pending {
  correlationId: number;
  settle(reader: Reader): void;
  fail(error: Error): void;
}

export class KafkaConnection implements Disposable {
  readonly #conn: Deno.Conn;
  readonly #login: Login | null;
  readonly #pending: Pending[] = [];
  readonly #outgoing: Uint8Array[] = [];
  #isWriting = false;
  #lastCorrelationId = 0;
  #broken: KafkaError | null = null;
  #renewAtMs = Infinity;
  /** The renewal that is under way. */
  #renewing: Promise<void> | null = null;

  private constructor(conn: Deno.Conn, login: Login | null) {
    this.#conn = conn;
    this.#login = login;
    this.#read();
  }

  /**
   * @throws {KafkaNetworkError} if nobody answers there.
   * @throws {KafkaError} of the kind `authentication` if the login is refused.
   */
  static async open(
    { host, port }: { host: string; port: number },
    { login, requestTimeoutMs }: { login: Login | null; requestTimeoutMs: number },
  ): Promise<KafkaConnection> {
    const conn = await connect(host, port, login?.caCerts ?? null);
    const connection = new KafkaConnection(conn, login);
    if (login !== null) await connection.#logIn(login, requestTimeoutMs);
    return connection;
  }

  get isBroken(): boolean {
    return this.#broken !== null;
  }

  /**
   * @throws {KafkaNetworkError} if there is no answer within `timeoutMs`, or none at all.
   * @throws {KafkaError} if the session was over and could not be renewed.
   */
  send<T>(request: KafkaRequest<T>, timeoutMs: number): Promise<T> {
    if (this.#login !== null && this.#login.nowMs() >= this.#renewAtMs) {
      this.#renewAtMs = Infinity;
      this.#renewing = this.#logIn(this.#login, timeoutMs);
      const isOver = () => void (this.#renewing = null);
      this.#renewing.then(isOver, isOver);
    }
    if (this.#renewing === null) return this.#send(request, timeoutMs);
    return this.#renewing.then(() => this.#send(request, timeoutMs));
  }

  /** A connection whose login is refused is of no use. */
  async #logIn(login: Login, timeoutMs: number): Promise<void> {
    try {
      this.#renewAtMs = await logIn(login, (request) => this.#send(request, timeoutMs));
    } catch (error) {
      if (error instanceof KafkaError) this.#fail(error);
      else this[Symbol.dispose]();
      throw error;
    }
  }

  #send<T>(request: KafkaRequest<T>, timeoutMs: number): Promise<T> {
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
    this.#fail(new KafkaNetworkError(reason));
  }

  #fail(error: KafkaError): void {
    if (this.#broken !== null) return;
    this.#broken = error;
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

async function connect(
  hostname: string,
  port: number,
  caCerts: readonly string[] | null,
): Promise<Deno.Conn> {
  try {
    if (caCerts !== null) return await Deno.connectTls({ hostname, port, caCerts: [...caCerts] });
    const conn = await Deno.connect({ hostname, port });
    conn.setNoDelay();
    return conn;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KafkaNetworkError(`Connection to ${hostname}:${port} failed: ${reason}`);
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
