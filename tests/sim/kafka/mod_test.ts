import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { faultsWithOdds, noFaults } from "../../../sim/faults/plan.ts";
import { Reader, Writer } from "../../../sim/net/bytes.ts";
import { frame, FrameReader, writeAll } from "../../../sim/net/tcp.ts";
import { completeBatches, encodeRecordBatch } from "../../../sim/storage/record_batch.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { startTestBroker, type TestBroker } from "./support.ts";

/** A client of a few lines that sends what it is told and shows what comes back. */
class Client implements Disposable {
  readonly #frames: FrameReader;

  private constructor(readonly connection: Deno.TcpConn) {
    this.#frames = new FrameReader(connection);
  }

  static async connect({ port }: TestBroker): Promise<Client> {
    return new Client(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  async send(key: number, version: number, id: number, body: (writer: Writer) => void) {
    const writer = new Writer();
    writer.int16(key).int16(version).int32(id).nullableString("test");
    body(writer);
    await writeAll(this.connection, frame(writer.finish()));
  }

  /** The next answer, behind its number; null if the broker has closed. */
  async answer(): Promise<{ id: number; reader: Reader } | null> {
    const bytes = await this.#frames.next();
    if (bytes === null) return null;
    const reader = new Reader(bytes.slice());
    return { id: reader.int32(), reader };
  }

  async ids(count: number): Promise<(number | undefined)[]> {
    const ids = [];
    for (let index = 0; index < count; index++) ids.push((await this.answer())?.id);
    return ids;
  }

  createTopic(id: number, name: string) {
    return this.send(19, 0, id, (writer) => {
      writer.array([name], (name) => {
        writer.string(name).int32(1).int16(1).array([], () => {}).array([], () => {});
      }).int32(0);
    });
  }

  produce(id: number, topic: string, { acks = -1, value = "v" } = {}) {
    const records = [{ key: null, value: new TextEncoder().encode(value) }];
    const batch = encodeRecordBatch(records, { timestampMs: 1 });
    return this.send(0, 3, id, (writer) => {
      writer.nullableString(null).int16(acks).int32(1000).array([topic], () => {
        writer.string(topic).array([0], () => writer.int32(0).blob(batch));
      });
    });
  }

  fetch(id: number, topic: string, offset: bigint, maxWaitMs: number) {
    return this.send(1, 4, id, (writer) => {
      writer.int32(-1).int32(maxWaitMs).int32(1).int32(1_000_000).int8(0).array([topic], () => {
        writer.string(topic).array([0], () => writer.int32(0).int64(offset).int32(1_000_000));
      });
    });
  }

  heartbeat(id: number) {
    return this.send(12, 0, id, (writer) => writer.string("grp").int32(1).string("m"));
  }

  [Symbol.dispose](): void {
    this.connection.close();
  }
}

/** The batches in a Fetch v4 answer for one partition. */
function fetched({ reader }: { reader: Reader }, topic: string): Uint8Array {
  reader.view(4 + 4); // throttle time, one topic
  assert.equal(reader.string(), topic);
  reader.view(4 + 4 + 2 + 8 + 8 + 4); // one partition, index, error, two offsets, no transactions
  return reader.nullableView() ?? new Uint8Array(0);
}

Deno.test("Requests sent at once are answered in their order, and acks 0 is not", async () => {
  await using broker = await startTestBroker();
  using client = await Client.connect(broker);
  await client.createTopic(1, "t");
  await client.fetch(2, "t", 0n, 50); // It waits, and the others behind it.
  await client.produce(3, "t", { acks: 0 });
  await client.produce(4, "t");
  await client.heartbeat(5);
  assert.deepEqual(await client.ids(4), [1, 2, 4, 5]);
});

Deno.test("A Fetch that waits holds back no other connection, and is woken by it", async () => {
  await using broker = await startTestBroker();
  using waiting = await Client.connect(broker);
  using other = await Client.connect(broker);
  await other.createTopic(1, "t");
  await other.answer();
  await waiting.fetch(7, "t", 0n, 30_000);
  await other.heartbeat(2);
  assert.equal((await other.answer())?.id, 2);
  const started = performance.now();
  await other.produce(3, "t");
  const answer = await waiting.answer();
  assert.equal(answer?.id, 7);
  assert.equal([...completeBatches(fetched(answer, "t"))].length, 1);
  assert.ok(performance.now() - started < 5000);
});

Deno.test("A request that comes byte by byte is one request", async () => {
  await using broker = await startTestBroker();
  using client = await Client.connect(broker);
  const writer = new Writer().int16(12).int16(0).int32(9).nullableString("test");
  writer.string("grp").int32(1).string("m");
  for (const byte of frame(writer.finish())) {
    await writeAll(client.connection, Uint8Array.of(byte));
  }
  assert.equal((await client.answer())?.id, 9);
});

Deno.test("What is no request closes that connection and no other", async () => {
  await using broker = await startTestBroker({ requestBytesMax: 1000 });
  using other = await Client.connect(broker);
  const wrong = [
    new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"),
    Uint8Array.fromHex("ffffffff"),
    Uint8Array.fromHex("000003e9"),
    frame(Uint8Array.fromHex("0000000200000001ffff")), // Produce v2
    frame(Uint8Array.fromHex("03e7000000000001ffff")), // API 999
    frame(new Uint8Array(0)),
  ];
  for (const bytes of wrong) {
    using client = await Client.connect(broker);
    await writeAll(client.connection, bytes);
    assert.equal(await client.answer().catch(() => null), null);
  }
  await other.heartbeat(1);
  assert.equal((await other.answer())?.id, 1);
});

Deno.test("A client that goes away in the middle of a request or a wait disturbs nobody", async () => {
  await using broker = await startTestBroker();
  using other = await Client.connect(broker);
  await other.createTopic(1, "t");
  {
    using client = await Client.connect(broker);
    await writeAll(client.connection, Uint8Array.fromHex("0000ffff0003"));
    using waiting = await Client.connect(broker);
    await waiting.fetch(1, "t", 0n, 100);
  }
  await other.produce(2, "t");
  assert.deepEqual(await other.ids(2), [1, 2]);
});

Deno.test("The end of the broker lets go of those who wait", async () => {
  const dir = await Deno.makeTempDir();
  const broker = await startTestBroker({ dir });
  using client = await Client.connect(broker);
  await client.createTopic(1, "t");
  await client.answer();
  await client.fetch(2, "t", 0n, 60_000);
  await client.connection.closeWrite();
  const started = performance.now();
  await broker[Symbol.asyncDispose]();
  assert.equal(await client.answer().catch(() => null), null);
  assert.ok(performance.now() - started < 5000);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("An answer may be lost although the work is done", async () => {
  const world = worldFromSeed(1);
  let odds = 0;
  const lost = faultsWithOdds(world, { "net.answer_lost": 1 });
  const faults = {
    strikes: (point: Parameters<typeof lost.strikes>[0]) => odds > 0 && lost.strikes(point),
  };
  await using broker = await startTestBroker({ faults });
  using client = await Client.connect(broker);
  await client.createTopic(1, "t");
  await client.answer();
  odds = 1;
  await client.produce(2, "t");
  assert.equal(await client.answer().catch(() => null), null);
  odds = 0;
  using again = await Client.connect(broker);
  await again.fetch(3, "t", 0n, 0);
  const answer = await again.answer();
  assert.ok(answer);
  assert.equal([...completeBatches(fetched(answer, "t"))].length, 1);
});

Deno.test("A broker started on the files of one that was not shut down has all of it", async () => {
  const dir = await Deno.makeTempDir();
  const first = await startTestBroker({ dir });
  using client = await Client.connect(first);
  await client.createTopic(1, "t");
  for (let id = 2; id < 12; id++) await client.produce(id, "t");
  await client.ids(11);
  // A copy of the files as they are now, with half a batch behind: what kill -9 leaves.
  const copy = await Deno.makeTempDir();
  await cp(dir, copy, { recursive: true });
  const [folder] = [...Deno.readDirSync(`${copy}/logs`)];
  const log = `${copy}/logs/${folder?.name}/0/00000000000000000000.log`;
  const bytes = Deno.readFileSync(log);
  Deno.writeFileSync(log, bytes.subarray(0, bytes.length / 20), { append: true });
  const second = await startTestBroker({ dir: copy });
  assert.equal(second.clusterId, first.clusterId);
  using after = await Client.connect(second);
  await after.fetch(1, "t", 0n, 0);
  const answer = await after.answer();
  assert.ok(answer);
  assert.equal([...completeBatches(fetched(answer, "t"))].length, 10);
  await second[Symbol.asyncDispose]();
  await Deno.remove(copy, { recursive: true });
  await first[Symbol.asyncDispose]();
  await Deno.remove(dir, { recursive: true });
});

Deno.test("Two brokers at once have ports of their own", async () => {
  await using one = await startTestBroker({ faults: noFaults });
  await using two = await startTestBroker();
  assert.notEqual(one.port, two.port);
});

Deno.test("A port that is in use rejects, and nothing is left open", async () => {
  await using one = await startTestBroker();
  const dir = await Deno.makeTempDir();
  await assert.rejects(startTestBroker({ port: one.port, dir }), Deno.errors.AddrInUse);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("Connections that announce huge frames and send little cost little, and keep nobody waiting", async () => {
  await using broker = await startTestBroker();
  using other = await Client.connect(broker);
  const before = Deno.memoryUsage().external;
  const idle: Deno.Conn[] = [];
  for (let count = 0; count < 200; count++) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: broker.port });
    await writeAll(conn, Uint8Array.of(5, 0xf5, 0xe1, 0, 1, 2, 3)); // 99,999,999 or so bytes.
    idle.push(conn);
  }
  await other.heartbeat(1);
  assert.equal((await other.answer())?.id, 1);
  assert.ok(Deno.memoryUsage().external - before < 200 * 256 * 1024);
  for (const conn of idle) conn.close();
});
