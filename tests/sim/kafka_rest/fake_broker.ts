/**
 * A broker that answers by a script: Metadata v4, Produce v3, FindCoordinator v0, OffsetFetch v1,
 * SaslHandshake v1 and SaslAuthenticate v1, enough to see how a client behaves when things go wrong.
 * What it stored stands in `stored`, as texts.
 */
import { Reader, Writer } from "../../../sim/net/bytes.ts";
import { FrameReader, writeAll } from "../../../sim/net/tcp.ts";
import { decodeRecordBatch } from "../../../sim/storage/record_batch.ts";

export interface Stored {
  topic: string;
  partition: number;
  key: string | null;
  value: string | null;
}

export interface FakeBroker extends AsyncDisposable {
  port: number;
  /** Topics and the number of their partitions. */
  topics: Map<string, number>;
  /** Answers of Metadata for a topic instead of its partitions. */
  topicErrors: Map<string, number>;
  /** For each Produce in turn: an error code, "hang up" before or after storing, or "silence". */
  script: (number | "cut" | "lose" | "silence")[];
  /** Error codes of Produce for one partition, whatever the topic. */
  partitionErrors: Map<number, number>;
  /** Batches with more records than this are MESSAGE_TOO_LARGE. */
  recordsMax: number;
  stored: Stored[];
  produceCount: number;
  /** Error codes of FindCoordinator, then of OffsetFetch, in turn; after them it is this broker. */
  coordinatorScript: number[];
  /** The keys of all requests, in their order. */
  seen: number[];
  /** What it makes of logins; it does not insist on one. */
  sasl: FakeSasl;
}

export interface FakeSasl {
  mechanisms: string[];
  /** Of each session. */
  lifetimeMs: number;
  /** For each SaslAuthenticate in turn: an error's words, or a text of the mechanism's own. */
  script: ({ refused: string } | { challenged: string } | null)[];
  messages: string[];
}

const decoder = new TextDecoder();
const textOf = (bytes: Uint8Array | null) => bytes && decoder.decode(bytes);

export function startFakeBroker(port = 0): FakeBroker {
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  const open = new Set<Deno.Conn>();
  const broker: FakeBroker = {
    port: listener.addr.port,
    topics: new Map([["t", 1]]),
    topicErrors: new Map(),
    script: [],
    partitionErrors: new Map(),
    recordsMax: Infinity,
    stored: [],
    produceCount: 0,
    coordinatorScript: [],
    seen: [],
    sasl: { mechanisms: ["OAUTHBEARER"], lifetimeMs: 0, script: [], messages: [] },
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const conn of open) close(conn);
    },
  };
  const serve = async (conn: Deno.TcpConn) => {
    open.add(conn);
    conn.setNoDelay();
    const frames = new FrameReader(conn);
    try {
      for (let frame = await frames.next(); frame !== null; frame = await frames.next()) {
        const answer = answerTo(new Reader(frame), broker);
        if (answer === "cut") break;
        if (answer === "silence") return; // Open, but nobody reads or writes any more.
        await writeAll(conn, answer);
      }
    } catch { // Cut by the client or by our own end.
    }
    open.delete(conn);
    close(conn);
  };
  const accepting = (async () => {
    for await (const conn of listener) serve(conn);
  })();
  return broker;
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch { // Closed already.
  }
}

function answerTo(reader: Reader, broker: FakeBroker): Uint8Array | "cut" | "silence" {
  const key = reader.int16();
  reader.int16();
  const writer = new Writer().int32(0).int32(reader.int32());
  reader.nullableString();
  broker.seen.push(key);
  if (key === 17) writeHandshake(reader, writer, broker.sasl);
  else if (key === 36) writeAuthenticated(reader, writer, broker.sasl);
  else if (key === 3) writeMetadata(reader, writer, broker);
  else if (key === 10) {
    writer.int16(broker.coordinatorScript.shift() ?? 0);
    writer.int32(1).string("127.0.0.1").int32(broker.port);
  } else if (key === 9) writeCommitted(reader, writer, broker.coordinatorScript.shift() ?? 0);
  else {
    const step = broker.script[broker.produceCount++] ?? 0;
    if (step === "cut" || step === "silence") return step;
    writeProduced(reader, writer, broker, step === "lose" ? 0 : step);
    if (step === "lose") return "cut";
  }
  const bytes = writer.finish();
  new DataView(bytes.buffer, bytes.byteOffset).setInt32(0, bytes.length - 4);
  return bytes;
}

function writeHandshake(reader: Reader, writer: Writer, { mechanisms }: FakeSasl): void {
  writer.int16(mechanisms.includes(reader.string()) ? 0 : 33);
  writer.array(mechanisms, (mechanism) => writer.string(mechanism));
}

function writeAuthenticated(reader: Reader, writer: Writer, sasl: FakeSasl): void {
  sasl.messages.push(decoder.decode(reader.blob()));
  const step = sasl.script.shift() ?? null;
  const refused = step !== null && "refused" in step ? step.refused : null;
  const text = step !== null && "challenged" in step ? step.challenged : "";
  writer.int16(refused === null ? 0 : 58).nullableString(refused);
  writer.blob(new TextEncoder().encode(text)).int64(BigInt(sasl.lifetimeMs));
}

function writeMetadata(reader: Reader, writer: Writer, broker: FakeBroker): void {
  const asked = reader.nullableArray(() => reader.string()) ?? [...broker.topics.keys()];
  writer.int32(0).int32(1).int32(1).string("127.0.0.1").int32(broker.port).nullableString(null);
  writer.nullableString("fake").int32(1).array(asked, (topic) => {
    const count = broker.topics.get(topic);
    const error = broker.topicErrors.get(topic) ?? (count === undefined ? 3 : 0);
    writer.int16(error).string(topic).boolean(false);
    const partitions = Array.from({ length: error === 0 ? count ?? 0 : 0 }, (_, index) => index);
    writer.array(partitions, (partition) => {
      writer.int16(0).int32(partition).int32(1).int32(1).int32(1).int32(1).int32(1);
    });
  });
}

/** Offset 5 is committed everywhere. */
function writeCommitted(reader: Reader, writer: Writer, code: number): void {
  reader.string();
  const topics = reader.array(() => {
    const topic = reader.string();
    return { topic, partitions: reader.array(() => reader.int32()) };
  });
  writer.array(topics, ({ topic, partitions }) => {
    writer.string(topic).array(partitions, (partition) => {
      writer.int32(partition).int64(5n).nullableString("").int16(code);
    });
  });
}

function writeProduced(reader: Reader, writer: Writer, broker: FakeBroker, code: number): void {
  reader.nullableString();
  reader.int16();
  reader.int32();
  const topics = reader.array(() => {
    const topic = reader.string();
    const batches = reader.array(() => ({ partition: reader.int32(), bytes: reader.blob() }));
    return { topic, batches };
  });
  writer.array(topics, ({ topic, batches }) => {
    writer.string(topic).array(batches, ({ partition, bytes }) => {
      const { records } = decodeRecordBatch(bytes);
      const tooLarge = records.length > broker.recordsMax ? 10 : 0;
      const error = code || broker.partitionErrors.get(partition) || tooLarge;
      const base = broker.stored.filter((one) =>
        one.topic === topic && one.partition === partition
      );
      if (error === 0) {
        for (const { key, value } of records) {
          broker.stored.push({ topic, partition, key: textOf(key), value: textOf(value) });
        }
      }
      writer.int32(partition).int16(error).int64(error === 0 ? BigInt(base.length) : -1n).int64(
        -1n,
      );
    });
  });
  writer.int32(0);
}
