/** A gateway before three streams in memory, over HTTP, with whatever trouble a test asks for. */

export interface Put {
  stream: string;
  method: string;
  contentType: string | null;
  records: { data: Record<string, unknown>; "partition-key": string }[];
}

export interface Stored {
  key: string;
  data: Record<string, unknown>;
  shard: number;
  sequence: bigint;
}

/** What becomes of one record: undefined is stored, a text is the error code of its entry. */
export type EntryTrouble = (record: Put["records"][number]) => string | undefined;

/** A number of the size that Kinesis gives, and no double can hold. */
export const firstSequence = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136n *
  1_000_000n;

export class StreamsGateway implements AsyncDisposable {
  readonly url: string;
  readonly puts: Put[] = [];
  /** All records of a stream in the order in which they were stored. */
  readonly stored = new Map<string, Stored[]>();
  /** Answers in place of the streams if it returns something; the records are not stored. */
  before: (put: Put, count: number) => Response | undefined = () => undefined;
  entry: EntryTrouble = () => undefined;
  /** Answers in place of the streams if it returns something, after the records were stored. */
  after: (put: Put, count: number) => Response | undefined = () => undefined;
  /** The most requests of one stream at the same time. */
  inFlightMost = 0;
  readonly #inFlight = new Map<string, number>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #shardCount: number;
  #lastSequence = firstSequence;

  constructor(shardCount = 4) {
    this.#shardCount = shardCount;
    const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
    this.#server = Deno.serve(options, (request) => this.#answer(request));
    this.url = `http://127.0.0.1:${this.#server.addr.port}/test`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  /** Of every stream the records whose data were not stored before. */
  firsts(stream: string): Stored[] {
    const met = new Set<string>();
    return (this.stored.get(stream) ?? []).filter(({ data }) => {
      const text = JSON.stringify(data);
      return !met.has(text) && met.add(text);
    });
  }

  async #answer(request: Request): Promise<Response> {
    const stream = /^\/test\/streams\/([^/]+)\/records$/.exec(new URL(request.url).pathname)?.[1];
    if (stream === undefined) {
      return Response.json({ message: "Missing Authentication Token" }, { status: 403 });
    }
    const { records } = await request.json();
    const contentType = request.headers.get("content-type");
    const put: Put = { stream, method: request.method, contentType, records };
    const count = this.puts.push(put);
    const inFlight = (this.#inFlight.get(stream) ?? 0) + 1;
    this.#inFlight.set(stream, inFlight);
    this.inFlightMost = Math.max(this.inFlightMost, inFlight);
    try {
      await new Promise((resolve) => setTimeout(resolve, 0));
      return this.before(put, count) ?? this.#putRecords(put, count);
    } finally {
      this.#inFlight.set(stream, this.#inFlight.get(stream)! - 1);
    }
  }

  #putRecords(put: Put, count: number): Response {
    const results = put.records.map((record) => {
      const code = this.entry(record);
      return code === undefined
        ? this.#store(put.stream, record)
        : { ErrorCode: code, ErrorMessage: "as the test asked" };
    });
    const failed = results.filter((result) => "ErrorCode" in result).length;
    return this.after(put, count) ??
      Response.json({ FailedRecordCount: failed, Records: results });
  }

  #store(stream: string, { data, "partition-key": key }: Put["records"][number]) {
    const shard = [...key].reduce((sum, char) => sum + char.charCodeAt(0), 0) % this.#shardCount;
    // Between two records of a shard there are those of others.
    const sequence = this.#lastSequence += 3n;
    const log = this.stored.get(stream) ?? [];
    this.stored.set(stream, log);
    log.push({ key, data, shard, sequence });
    return {
      SequenceNumber: String(sequence),
      ShardId: `shardId-${String(shard).padStart(12, "0")}`,
    };
  }
}
