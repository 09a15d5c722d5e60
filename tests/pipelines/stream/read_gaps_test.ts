import assert from "node:assert/strict";
import { ExpiredIterator } from "../../../pipelines/clients/kinesis.ts";
import { RunError } from "../../../pipelines/errors.ts";
import { type Positions, shardEnd } from "../../../pipelines/stream/positions.ts";
import type { Gap } from "../../../pipelines/stream/read.ts";
import { FakeKinesis } from "./fake_kinesis.ts";
import { after, collect, next, read, recordCount, shard, stream, texts } from "./reading.ts";

interface GapExample {
  name: string;
  make(kinesis: FakeKinesis): Positions;
  /** In the message. */
  found: RegExp;
  /** Read when the gap is accepted. */
  rest: string[];
}

const gapExamples: GapExample[] = [
  {
    name: "records behind the position were trimmed",
    make(kinesis) {
      const { sequenceNumber } = kinesis.put(1, "read");
      kinesis.trim(kinesis.put(1, "lost").sequenceNumber);
      kinesis.put(1, "rest");
      return { [shard(0)]: sequenceNumber };
    },
    found: /oldest record that the stream still has is/,
    rest: ["rest"],
  },
  {
    name: "only the record at the position was trimmed",
    make(kinesis) {
      const { sequenceNumber } = kinesis.put(1, "read");
      kinesis.trim(sequenceNumber);
      kinesis.put(1, "rest");
      return { [shard(0)]: sequenceNumber };
    },
    found: /oldest record that the stream still has is/,
    rest: ["rest"],
  },
  {
    name: "an idle shard has no record left",
    make(kinesis) {
      const { sequenceNumber } = kinesis.put(1, "read");
      kinesis.trim(sequenceNumber);
      return { [shard(0)]: sequenceNumber };
    },
    found: /older than the stream keeps, and no other is left/,
    rest: [],
  },
  {
    name: "a closed shard is listed and has no record left",
    make(kinesis) {
      const { sequenceNumber } = kinesis.put(1, "read");
      kinesis.split(shard(0));
      kinesis.empty(shard(0));
      kinesis.put(1, "rest");
      return { [shard(0)]: sequenceNumber };
    },
    found: /older than the stream keeps, and no other is left/,
    rest: ["rest"],
  },
  {
    name: "the shard is no longer listed",
    make(kinesis) {
      const { sequenceNumber } = kinesis.put(1, "read");
      kinesis.split(shard(0));
      kinesis.trim(sequenceNumber);
      kinesis.put(1, "rest");
      return { [shard(0)]: sequenceNumber };
    },
    found: /no longer lists that shard/,
    rest: ["rest"],
  },
  {
    name: "the children of the drained shards came and went",
    make(kinesis) {
      const { sequenceNumber } = kinesis.put(1, "read");
      kinesis.split(shard(0));
      kinesis.split(shard(1));
      kinesis.split(shard(2));
      kinesis.trim(sequenceNumber);
      kinesis.put(1, "rest");
      return { [shard(0)]: shardEnd };
    },
    found: /neither that shard nor its children/,
    rest: ["rest"],
  },
  {
    name: "the stream was made anew and the drained shard is open again",
    make(kinesis) {
      kinesis.put(1, "rest");
      return { [shard(0)]: shardEnd };
    },
    found: /deleted and made anew/,
    rest: ["rest"],
  },
  {
    name: "the stream was made anew and never gave out the number",
    make(kinesis) {
      kinesis.put(1, "rest");
      return { [shard(0)]: "17" };
    },
    found: /never gave out that number/,
    rest: ["rest"],
  },
];

for (const { name, make, found, rest } of gapExamples) {
  Deno.test(`Reading stops and says where: ${name}`, async () => {
    const kinesis = new FakeKinesis(1);
    const from = make(kinesis);
    await assert.rejects(read(kinesis, from).next(), (error) => {
      assert.ok(error instanceof RunError);
      assert.match(error.message, found);
      assert.match(error.message, new RegExp(`${stream}.*${shard(0)}.*--accept-gap`));
      const position = from[shard(0)];
      if (position !== shardEnd) assert.match(error.message, new RegExp(`up to ${position}`));
      return true;
    });
    assert.equal(kinesis.clock.sleeperCount, 0);
  });

  Deno.test(`An accepted gap is told once, and reading goes on: ${name}`, async () => {
    const kinesis = new FakeKinesis(1);
    const from = make(kinesis);
    const gaps: Gap[] = [];
    const options = { acceptGap: true, onGap: (gap: Gap) => gaps.push(gap) };
    const pages = read(kinesis, from, options);
    const seen: string[] = [];
    while (seen.length < rest.length) seen.push(...texts(await next(pages)));
    assert.deepEqual(seen, rest);
    kinesis.put(1, "later");
    while (seen.length === rest.length) seen.push(...texts(await next(pages)));
    assert.deepEqual(seen, [...rest, "later"]);
    assert.equal(gaps.length, 1);
    assert.deepEqual(
      { ...gaps[0], found: "" },
      { stream, shardId: shard(0), position: from[shard(0)], found: "" },
    );
    await pages.return(undefined);
  });
}

Deno.test("A shard that is gone by an accepted gap is not asked for by the next run", async () => {
  const kinesis = new FakeKinesis(1);
  const { sequenceNumber } = kinesis.put(1, "read");
  kinesis.split(shard(0));
  kinesis.trim(sequenceNumber);
  kinesis.put(1, "rest");
  const from = { [shard(0)]: sequenceNumber };
  const pages = await collect(
    read(kinesis, from, { acceptGap: true }),
    (pages) => recordCount(pages) === 1,
  );
  kinesis.put(1, "later");
  const later = await collect(read(kinesis, after(from, pages)), () => true);
  assert.deepEqual(later.flatMap(texts), ["later"]);
});

Deno.test("An empty page that is not at the tip proves no gap", async () => {
  let emptyCount = 0;
  const kinesis = new FakeKinesis(1);
  const { sequenceNumber } = kinesis.put(1, "read");
  const records = kinesis.records.bind(kinesis);
  kinesis.records = async (iterator, limit, signal) => {
    if (emptyCount++ < 5) return { records: [], nextIterator: iterator, behindMs: 1 };
    return await records(iterator, limit, signal);
  };
  kinesis.put(1, "next");
  const pages = await collect(read(kinesis, { [shard(0)]: sequenceNumber }), () => true);
  assert.deepEqual(pages.flatMap(texts), ["next"]);
});

Deno.test("A shard that looks empty for a moment, each time it is opened, proves no gap", async () => {
  const kinesis = new FakeKinesis(1);
  const { sequenceNumber } = kinesis.put(1, "read");
  const records = kinesis.records.bind(kinesis);
  let lookCount = 0;
  kinesis.records = async (iterator, limit, signal) => {
    const look = ++lookCount % 4;
    if (look === 1 || look === 2) return { records: [], nextIterator: iterator, behindMs: 0 };
    if (look === 0) throw new ExpiredIterator("Iterator expired", { retryable: false });
    return await records(iterator, limit, signal);
  };
  const pages = read(kinesis, { [shard(0)]: sequenceNumber });
  const waiting = pages.next();
  while (lookCount < 20) await kinesis.clock.sleep(100);
  kinesis.put(1, "next");
  assert.deepEqual(texts((await waiting).value), ["next"]);
  await pages.return(undefined);
});
