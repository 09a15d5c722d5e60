/** Reading with our client what the vendor's client put, from the simulated Kinesis as it is. */
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  type Shard,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import assert from "node:assert/strict";
import { type KinesisStreams, openKinesis } from "../../pipelines/clients/kinesis.ts";
import { sleep } from "../../pipelines/clients/retry.ts";
import { RunError } from "../../pipelines/errors.ts";
import { type Positions, shardEnd } from "../../pipelines/stream/positions.ts";
import type { Page } from "../../pipelines/stream/page_queue.ts";
import { type Gap, type ReadOptions, readStream } from "../../pipelines/stream/read.ts";
import { Secret } from "../../pipelines/target.ts";
import { type Faults, noFaults } from "../../sim/faults/plan.ts";
import { startKinesis } from "../../sim/kinesis/mod.ts";
import { worldFromSeed } from "../../sim/world.ts";
import { after, collect, recordCount, texts } from "../pipelines/stream/reading.ts";
import { testDoor } from "../sim/keys.ts";

const timing = { nowMs: () => performance.now(), random: Math.random, sleep };
const limits = { limitMs: 20_000, baseMs: 50, capMs: 200 };
const region = "us-east-1";
const keys = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret" };
const stream = "streaming-0123456789ab-pin";
const hourMs = 3_600_000;

class Clock {
  aheadMs = 0;
  nowMs = () => Date.now() + this.aheadMs;
}

interface Given {
  endpoint: string;
  kinesis: KinesisStreams;
  vendor: Vendor;
  clock: Clock;
  read(from?: Positions, options?: Partial<ReadOptions>): AsyncGenerator<Page>;
}

/** The vendor's client, as a producer and as somebody who reshards. */
class Vendor {
  readonly #sdk: KinesisClient;

  constructor(endpoint: string, readonly aheadMs = 0) {
    this.#sdk = new KinesisClient({
      endpoint,
      region,
      credentials: keys,
      requestHandler: new NodeHttpHandler(),
    });
  }

  /** The client sets its clock by every answer; here it stays as far off as it is. */
  get #client(): KinesisClient {
    this.#sdk.config.systemClockOffset = this.aheadMs;
    return this.#sdk;
  }

  /** Every record lands, whatever the shard says of the first attempts. */
  async put(records: readonly { key: string; text: string }[]): Promise<void> {
    let left = records.map(({ key, text }) => ({
      PartitionKey: key,
      Data: new TextEncoder().encode(text),
    }));
    while (left.length > 0) {
      const sent = left.slice(0, 500);
      const input = { StreamName: stream, Records: sent };
      const { Records = [] } = await this.#client.send(new PutRecordsCommand(input));
      const failed = sent.filter((_, index) => Records[index]?.ErrorCode !== undefined);
      left = [...failed, ...left.slice(500)];
      if (failed.length > 0) await sleep(100);
    }
  }

  async putOne([record]: readonly { key: string; text: string }[]) {
    const { ShardId = "", SequenceNumber = "" } = await this.#client.send(
      new PutRecordCommand({
        StreamName: stream,
        PartitionKey: record?.key,
        Data: new TextEncoder().encode(record?.text),
      }),
    );
    return { shardId: ShardId, sequenceNumber: SequenceNumber };
  }

  async create(shardCount: number): Promise<void> {
    await this.#client.send(
      new CreateStreamCommand({ StreamName: stream, ShardCount: shardCount }),
    );
    await this.settled();
  }

  async recreate(shardCount: number): Promise<void> {
    await this.#client.send(new DeleteStreamCommand({ StreamName: stream }));
    while (await this.status() !== undefined) await sleep(20);
    await this.create(shardCount);
  }

  async split(): Promise<void> {
    const shard = (await this.open())[0];
    const { StartingHashKey = "", EndingHashKey = "" } = shard?.HashKeyRange ?? {};
    const middle = (BigInt(StartingHashKey) + BigInt(EndingHashKey)) / 2n;
    const NewStartingHashKey = String(middle);
    const names = { StreamName: stream, ShardToSplit: shard?.ShardId };
    await this.#client.send(new SplitShardCommand({ ...names, NewStartingHashKey }));
    await this.settled();
  }

  async merge(): Promise<void> {
    const [one, other] = await this.open();
    const names = { ShardToMerge: one?.ShardId, AdjacentShardToMerge: other?.ShardId };
    await this.#client.send(new MergeShardsCommand({ StreamName: stream, ...names }));
    await this.settled();
  }

  /** Open shards in the order of their hash keys. */
  async open(): Promise<Shard[]> {
    const { Shards = [] } = await this.#client.send(new ListShardsCommand({ StreamName: stream }));
    const begin = ({ HashKeyRange }: Shard) => BigInt(HashKeyRange?.StartingHashKey ?? 0);
    return Shards
      .filter((shard) => shard.SequenceNumberRange?.EndingSequenceNumber === undefined)
      .sort((a, b) => begin(a) < begin(b) ? -1 : 1);
  }

  async status(): Promise<string | undefined> {
    try {
      const command = new DescribeStreamSummaryCommand({ StreamName: stream });
      return (await this.#client.send(command)).StreamDescriptionSummary?.StreamStatus;
    } catch (error) {
      if (error instanceof Error && error.name === "ResourceNotFoundException") return undefined;
      throw error;
    }
  }

  async settled(): Promise<void> {
    while (await this.status() !== "ACTIVE") await sleep(20);
  }

  [Symbol.dispose](): void {
    this.#sdk.destroy();
  }
}

async function withKinesis(
  isLimited: boolean,
  run: (given: Given) => Promise<void>,
  faults: Faults = noFaults,
) {
  const dir = await Deno.makeTempDir();
  const clock = new Clock();
  try {
    await using service = await startKinesis(
      { world: worldFromSeed(1, clock.nowMs), faults, dir },
      { port: 0, region, door: testDoor(keys), limits: isLimited ? "on" : "off" },
    );
    const endpoint = `http://127.0.0.1:${service.port}`;
    using vendor = new Vendor(endpoint);
    const credentials = {
      accessKeyId: keys.accessKeyId,
      secretAccessKey: new Secret(keys.secretAccessKey),
      sessionToken: null,
    };
    using kinesis = openKinesis({ endpoint, region, credentials }, { timing, limits });
    const read = (from: Positions = {}, options: Partial<ReadOptions> = {}) =>
      readStream(kinesis, stream, from, { timing, ...options });
    await run({ endpoint, kinesis, vendor, clock, read });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Numbered records of a few keys: `<key>:<n>`. */
function batch(from: number, count: number): { key: string; text: string }[] {
  return Array.from({ length: count }, (_, index) => {
    const key = String((from + index) % 23);
    return { key, text: `${key}:${from + index}` };
  });
}

function checkEachOnceInOrder(seen: string[], count: number): void {
  assert.deepEqual(
    seen.map((text) => Number(text.split(":")[1])).sort((a, b) => a - b),
    Array.from({ length: count }, (_, n) => n),
  );
  const lastOf = new Map<string, number>();
  for (const text of seen) {
    const [key = "", n = ""] = text.split(":");
    assert.ok(Number(n) > (lastOf.get(key) ?? -1), `${text} came too late`);
    lastOf.set(key, Number(n));
  }
}

/** Puts records, and splits and merges between them. */
async function busyProducer(vendor: Vendor, count: number): Promise<void> {
  const changes = [() => vendor.split(), () => vendor.merge(), () => vendor.split()];
  const step = Math.ceil(count / 8);
  for (let from = 0, turn = 0; from < count; from += step, turn++) {
    await vendor.put(batch(from, Math.min(step, count - from)));
    if (turn % 2 === 1) await changes.shift()?.();
  }
}

/** Every twenty pages the reader ends, and another one begins at its positions. */
async function readInRuns(read: (from: Positions) => AsyncGenerator<Page>, count: number) {
  const seen: string[] = [];
  let from: Positions = {};
  while (seen.length < count) {
    const isEnough = (pages: Page[]) =>
      pages.length === 20 || seen.length + recordCount(pages) === count;
    const pages = await collect(read(from), isEnough);
    seen.push(...pages.flatMap(texts));
    from = after(from, pages);
  }
  assert.ok(Object.values(from).includes(shardEnd));
  return seen;
}

for (const isLimited of [false, true]) {
  const words = isLimited ? "with limits" : "without limits";
  Deno.test(`Every record comes once over split and merge, ${words}`, () =>
    withKinesis(isLimited, async ({ vendor, read }) => {
      const count = isLimited ? 1_600 : 8_000;
      await vendor.create(2);
      const options = { pageRecords: 200, idleMs: isLimited ? 200 : 20 };
      const reader = readInRuns((from) => read(from, options), count);
      const [seen] = await Promise.all([reader, busyProducer(vendor, count)]);
      checkEachOnceInOrder(seen, count);
    }));
}

Deno.test("Streams are made on demand where they are missing, and are ready then", () =>
  withKinesis(false, async ({ kinesis, vendor, read }) => {
    await Promise.all([kinesis.ensureStreams([stream]), kinesis.ensureStreams([stream])]);
    assert.equal(await vendor.status(), "ACTIVE");
    await vendor.put(batch(0, 100));
    const pages = await collect(read(), (pages) => recordCount(pages) === 100);
    checkEachOnceInOrder(pages.flatMap(texts), 100);
    assert.ok(new Set(pages.map(({ shardId }) => shardId)).size > 1);
  }));

Deno.test("Three readers at one shard with limits are throttled, and each reads everything", () =>
  withKinesis(true, async ({ vendor, read }) => {
    await vendor.create(1);
    await vendor.put(batch(0, 300));
    const fromMs = performance.now();
    const readers = Array.from(
      { length: 3 },
      () => collect(read({}, { pageRecords: 100 }), (pages) => recordCount(pages) === 300),
    );
    for (const pages of await Promise.all(readers)) {
      checkEachOnceInOrder(pages.flatMap(texts), 300);
    }
    // Nine reads, of which five fit into a second.
    assert.ok(performance.now() - fromMs > 900);
  }));

Deno.test("Answers that are lost on their way cost nothing but time", async () => {
  const roll = worldFromSeed(3).random("lost");
  let isReading = false;
  let lostCount = 0;
  const strikes: Faults["strikes"] = (point) => {
    const isLost = isReading && point === "net.answer_lost" && roll() < 0.2;
    if (isLost) lostCount++;
    return isLost;
  };
  await withKinesis(false, async ({ vendor, read }) => {
    await vendor.create(2);
    await vendor.put(batch(0, 500));
    isReading = true;
    const options = { pageRecords: 10, idleMs: 20 };
    const pages = await collect(read({}, options), (pages) => recordCount(pages) >= 500);
    checkEachOnceInOrder(pages.flatMap(texts), 500);
  }, { strikes });
  assert.ok(lostCount > 5);
});

Deno.test("An iterator that expired is made anew from its position", () =>
  withKinesis(false, async ({ vendor, clock, read }) => {
    // Signatures may be five minutes off, and so may the clock: to either side.
    clock.aheadMs = -200_000;
    await vendor.create(2);
    await vendor.put(batch(0, 200));
    const pages = read({}, { pageRecords: 10, pagesAhead: 1 });
    const seen: string[] = [];
    while (seen.length < 200) {
      const { value } = await pages.next();
      seen.push(...texts(value));
      if (seen.length === 100) clock.aheadMs = 200_000;
    }
    await pages.return(undefined);
    checkEachOnceInOrder(seen, 200);
  }));

Deno.test("A position older than retention stops the reading, unless the gap is accepted", () =>
  withKinesis(false, async ({ endpoint, vendor, clock, read }) => {
    clock.aheadMs = -25 * hourMs;
    using yesterday = new Vendor(endpoint, clock.aheadMs);
    await yesterday.create(1);
    const { shardId, sequenceNumber: position } = await yesterday.putOne(batch(0, 1));
    clock.aheadMs = 0;

    const from = { [shardId]: position };
    const stops = new RegExp(`${stream}: ${shardId} was read up to ${position}.*--accept-gap`);
    const isToldSo = (error: unknown) => error instanceof RunError && stops.test(error.message);
    await assert.rejects(read(from, { idleMs: 20 }).next(), isToldSo, "the shard is idle");
    await vendor.put(batch(1, 5));
    await assert.rejects(read(from).next(), isToldSo, "a younger record is there");

    const gaps: string[] = [];
    const onGap = (gap: Gap) => gaps.push(gap.position);
    const rest = await collect(
      read(from, { acceptGap: true, onGap }),
      (pages) => recordCount(pages) === 5,
    );
    assert.deepEqual(rest.flatMap(texts), batch(1, 5).map(({ text }) => text));
    assert.deepEqual(gaps, [position]);
  }));

Deno.test("A stream that was deleted and made anew is not taken for the old one", () =>
  withKinesis(false, async ({ vendor, clock, read }) => {
    await vendor.create(1);
    await vendor.put(batch(0, 10));
    const from = after({}, await collect(read(), (pages) => recordCount(pages) === 10));
    clock.aheadMs = 10_000;
    await vendor.recreate(1);
    await vendor.put(batch(0, 10));
    await assert.rejects(read(from, { idleMs: 20 }).next(), RunError);
    const [shardId = ""] = Object.keys(from);
    await assert.rejects(read({ [shardId]: shardEnd }).next(), RunError);
  }));
