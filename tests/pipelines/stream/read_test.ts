import assert from "node:assert/strict";
import { compareSequence, type Positions, shardEnd } from "../../../pipelines/stream/positions.ts";
import type { Page } from "../../../pipelines/stream/page_queue.ts";
import { readStream } from "../../../pipelines/stream/read.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { FakeKinesis, JumpingClock, keyCount, type Troubles } from "./fake_kinesis.ts";
import { after, collect, next, read, recordCount, shard, stream, texts } from "./reading.ts";

Deno.test("A stream is read from its oldest record, and records that come later follow", async () => {
  const kinesis = new FakeKinesis(1);
  kinesis.put(1, "a");
  const last = kinesis.put(2, "b");
  const pages = read(kinesis);
  const page = await next(pages);
  assert.deepEqual(texts(page), ["a", "b"]);
  assert.equal(page.shardId, shard(0));
  assert.equal(page.position, last.sequenceNumber);
  kinesis.put(3, "c");
  assert.deepEqual(texts(await next(pages)), ["c"]);
  await pages.return(undefined);
});

Deno.test("A run that begins at a page's position goes on exactly behind it", async () => {
  const kinesis = new FakeKinesis(2);
  kinesis.put(1, "a");
  kinesis.put(40, "x");
  const first = await collect(read(kinesis), (pages) => recordCount(pages) === 2);
  kinesis.put(1, "b");
  const second = await collect(read(kinesis, after({}, first)), () => true);
  assert.deepEqual(second.flatMap(texts), ["b"]);
});

Deno.test("Children begin when both parents are drained, and each end is told once", async () => {
  const kinesis = new FakeKinesis(2);
  kinesis.put(1, "left");
  kinesis.put(40, "right");
  kinesis.merge(shard(0));
  kinesis.put(1, "merged");
  kinesis.split(shard(2));
  kinesis.put(1, "low");
  kinesis.put(40, "high");
  const pages = await collect(read(kinesis), (pages) => recordCount(pages) === 5);
  const at = (shardId: string, isEnd: boolean) =>
    pages.findIndex((page) => page.shardId === shardId && (page.position === shardEnd) === isEnd);
  assert.ok(at(shard(0), true) < at(shard(2), false));
  assert.ok(at(shard(1), true) < at(shard(2), false));
  assert.ok(at(shard(2), true) < at(shard(3), false));
  assert.ok(at(shard(2), true) < at(shard(4), false));
  const ends = pages.filter(({ position }) => position === shardEnd);
  assert.deepEqual(ends.map(({ shardId }) => shardId).sort(), [shard(0), shard(1), shard(2)]);
  assert.deepEqual(ends.flatMap(({ records }) => records), []);
});

Deno.test("A drained shard is not read again, and its children are read from their begin", async () => {
  const kinesis = new FakeKinesis(1);
  kinesis.put(1, "old");
  kinesis.split(shard(0));
  kinesis.put(1, "new");
  const pages = await collect(read(kinesis, { [shard(0)]: shardEnd }), () => true);
  assert.deepEqual(pages.flatMap(texts), ["new"]);
});

Deno.test("A shard whose parents were trimmed away is read from its oldest record", async () => {
  const kinesis = new FakeKinesis(1);
  const old = kinesis.put(1, "old");
  kinesis.split(shard(0));
  kinesis.put(1, "new");
  kinesis.trim(old.sequenceNumber);
  const pages = await collect(read(kinesis), () => true);
  assert.deepEqual(pages.flatMap(texts), ["new"]);
});

Deno.test("The children of a shard are looked for at its end, not at the next look", async () => {
  const kinesis = new FakeKinesis(1);
  const pages = read(kinesis, {}, { discoverMs: 3_600_000 });
  const waiting = pages.next();
  await kinesis.clock.sleep(1_000);
  kinesis.split(shard(0));
  kinesis.put(1, "child");
  assert.equal((await waiting).value?.position, shardEnd);
  assert.deepEqual(texts(await next(pages)), ["child"]);
  assert.ok(kinesis.clock.nowMs() < 2_000);
  await pages.return(undefined);
});

Deno.test("New shards are found although nothing led to them", async () => {
  const kinesis = new FakeKinesis(1);
  const shards = kinesis.shards.bind(kinesis);
  const before = await shards(stream);
  let listCount = 0;
  kinesis.shards = async () => ++listCount <= 3 ? before : await shards(stream);
  kinesis.split(shard(0));
  kinesis.put(1, "child");
  const pages = read(kinesis, {}, { discoverMs: 1_000 });
  assert.equal((await next(pages)).position, shardEnd);
  assert.deepEqual(texts(await next(pages)), ["child"]);
  assert.ok(kinesis.clock.sleptMs.includes(1_000));
  await pages.return(undefined);
});

Deno.test("An iterator that expired while the reader was slow is made anew, and nothing is lost", async () => {
  const kinesis = new FakeKinesis(1);
  for (let n = 0; n < 5; n++) kinesis.put(1, String(n));
  const pages = read(kinesis, {}, { pageRecords: 1, pagesAhead: 1 });
  const seen = [...texts(await next(pages))];
  await kinesis.clock.sleep(400_000);
  while (seen.length < 5) seen.push(...texts(await next(pages)));
  assert.deepEqual(seen, ["0", "1", "2", "3", "4"]);
  await pages.return(undefined);
});

Deno.test("Iterators that never live are trouble, not a loop", async () => {
  const kinesis = new FakeKinesis(1, { troubles: { expired: 1 } });
  await assert.rejects(read(kinesis).next(), /Iterator expired/);
  assert.ok(kinesis.calls.records < 20);
});

Deno.test("A reader that does not come back holds each shard at a few pages", async () => {
  const kinesis = new FakeKinesis(2);
  for (let n = 0; n < 100; n++) kinesis.put(n % keyCount, String(n));
  const pages = read(kinesis, {}, { pageRecords: 1, pagesAhead: 3 });
  await next(pages);
  await kinesis.clock.sleep(60_000);
  assert.equal(kinesis.calls.records, 2 * 3 + 1);
  await pages.return(undefined);
});

Deno.test("An idle shard is asked five times a second, one that is behind at once", async () => {
  const kinesis = new FakeKinesis(1);
  for (let n = 0; n < 50; n++) kinesis.put(1, String(n));
  const pages = read(kinesis, {}, { pageRecords: 10 });
  for (let n = 0; n < 5; n++) await next(pages);
  assert.ok(kinesis.clock.nowMs() <= 200, "five pages came without a pause between them");
  const waiting = pages.next();
  const [callCount, fromMs] = [kinesis.calls.records, kinesis.clock.nowMs()];
  while (kinesis.clock.nowMs() < fromMs + 10_000) await kinesis.clock.sleep(10);
  const perSecond = (kinesis.calls.records - callCount) / 10;
  assert.ok(perSecond >= 4 && perSecond <= 5.1, `${perSecond} reads a second`);
  await pages.return(undefined);
  assert.equal((await waiting).done, true);
});

Deno.test("A throttled shard is given its pause although it is behind", async () => {
  const kinesis = new FakeKinesis(1, { troubles: { throttled: 1 }, roll: () => 0 });
  for (let n = 0; n < 3; n++) kinesis.put(1, String(n));
  const pages = read(kinesis, {}, { pageRecords: 1, idleMs: 77 });
  await next(pages);
  await next(pages);
  assert.ok(kinesis.clock.sleptMs.includes(77));
  await pages.return(undefined);
});

Deno.test("The signal ends a reader that waits, with the signal's reason, and leaves no timer", async () => {
  const kinesis = new FakeKinesis(3);
  const controller = new AbortController();
  const pages = read(kinesis, {}, { signal: controller.signal });
  const waiting = pages.next();
  await kinesis.clock.sleep(1_000);
  controller.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
  assert.equal(kinesis.clock.sleeperCount, 0);
  assert.equal((await pages.next()).done, true);
});

Deno.test("A signal that came before the first page ends the reading at once", async () => {
  const kinesis = new FakeKinesis(1);
  kinesis.put(1, "a");
  const pages = read(kinesis, {}, { signal: AbortSignal.abort(new Error("too late")) });
  await assert.rejects(pages.next(), /too late/);
  assert.equal(kinesis.clock.sleeperCount, 0);
});

Deno.test("return() ends a next() that waits, and leaves no timer", async () => {
  const kinesis = new FakeKinesis(3);
  const pages = read(kinesis);
  const waiting = pages.next();
  await kinesis.clock.sleep(1_000);
  assert.equal((await pages.return(undefined)).done, true);
  assert.equal((await waiting).done, true);
  assert.equal(kinesis.clock.sleeperCount, 0);
});

Deno.test("return() ends only when no request is under way any more", async () => {
  const kinesis = new FakeKinesis(1);
  let isUnderWay = false;
  kinesis.records = async (_iterator, _limit, signal) => {
    isUnderWay = true;
    await new Promise((resolve) => signal?.addEventListener("abort", resolve, { once: true }));
    await kinesis.clock.sleep(1);
    isUnderWay = false;
    throw signal?.reason;
  };
  const pages = read(kinesis);
  const waiting = pages.next();
  while (!isUnderWay) await kinesis.clock.sleep(1);
  await pages.return(undefined);
  assert.equal(isUnderWay, false);
  await waiting;
});

Deno.test("return() before the first next() asks nothing", async () => {
  const kinesis = new FakeKinesis(1);
  await read(kinesis).return(undefined);
  assert.deepEqual(kinesis.calls, { shards: 0, iterator: 0, records: 0 });
});

Deno.test("Each page with records is a step, and what the step throws ends the reading", async () => {
  const kinesis = new FakeKinesis(1);
  kinesis.put(1, "a");
  const stepped: string[] = [];
  const onStep = (step: string) => {
    stepped.push(step);
    if (stepped.length === 2) throw new Error("killed here");
  };
  const pages = read(kinesis, {}, { onStep });
  await next(pages);
  kinesis.put(1, "b");
  await assert.rejects(pages.next(), /killed here/);
  assert.deepEqual(stepped, ["records-read", "records-read"]);
});

/** A world that goes on while it is read: records, splits and merges under a seed. */
function busyWorld(seed: number, total: number) {
  const world = worldFromSeed(seed);
  const odds = world.random("odds");
  const level = () => odds() < 0.4 ? 0 : odds() * 0.4;
  const troubles: Troubles = {
    expired: level(),
    throttled: level(),
    empty: level(),
    short: level(),
    staleList: level(),
  };
  const shardCount = 1 + Math.floor(odds() * 4);
  const kinesis = new FakeKinesis(shardCount, { troubles, roll: world.random("trouble") });
  const roll = world.random("world");
  const put: string[] = [];
  const pick = () => kinesis.open()[Math.floor(roll() * kinesis.open().length)]?.shardId ?? "";
  kinesis.onCall = () => {
    if (put.length >= total) return;
    for (let n = Math.floor(roll() * 6); n > 0 && put.length < total; n--) {
      const key = Math.floor(roll() * keyCount);
      put.push(`${key}:${put.length}`);
      kinesis.put(key, `${key}:${put.length - 1}`);
    }
    if (roll() < 0.04) kinesis.split(pick());
    if (roll() < 0.04) kinesis.merge(pick());
  };
  return { kinesis, put, random: world.random("reader") };
}

/** What must hold of any pages in the order they came. */
function checkPages(from: Positions, pages: Page[]): void {
  const positions: Record<string, string> = { ...from };
  for (const page of pages) {
    const before = positions[page.shardId];
    let above = before;
    for (const { sequenceNumber } of page.records) {
      if (above !== undefined) assert.ok(compareSequence(sequenceNumber, above) > 0);
      above = sequenceNumber;
    }
    if (page.records.length > 0) assert.equal(page.position, above);
    else assert.equal(page.position, shardEnd);
    assert.notEqual(before, shardEnd, "a drained shard speaks again");
    positions[page.shardId] = page.position;
  }
}

function checkKeys(seen: string[]): void {
  const lastOf = new Map<string, number>();
  for (const text of seen) {
    const [key = "", n = ""] = text.split(":");
    assert.ok(Number(n) > (lastOf.get(key) ?? -1), `record ${text} came too late`);
    lastOf.set(key, Number(n));
  }
}

for (let seed = 1; seed <= 60; seed++) {
  Deno.test(`Every record comes once and in the order of its key, seed ${seed}`, async () => {
    const total = 400;
    const { kinesis, put, random } = busyWorld(seed, total);
    const options = {
      pageRecords: 1 + Math.floor(random() * 30),
      pagesAhead: 1 + Math.floor(random() * 3),
      discoverMs: 1_000,
    };
    const seen: string[] = [];
    let from: Positions = {};
    while (seen.length < total) {
      const pageCount = 1 + Math.floor(random() * 60);
      const pages = await collect(
        read(kinesis, from, options),
        (pages) => pages.length === pageCount || seen.length + recordCount(pages) === total,
      );
      checkPages(from, pages);
      seen.push(...pages.flatMap(texts));
      from = after(from, pages);
    }
    checkKeys(seen);
    assert.deepEqual(seen.toSorted(), put.toSorted());
    assert.equal(kinesis.clock.sleeperCount, 0);
  });
}

Deno.test("Two clocks do not matter: a reader with its own clock reads the same", async () => {
  const kinesis = new FakeKinesis(2);
  kinesis.put(1, "a");
  kinesis.put(40, "b");
  const pages = readStream(kinesis, stream, {}, { timing: new JumpingClock() });
  const seen = await collect(pages, (pages) => recordCount(pages) === 2);
  assert.deepEqual(seen.flatMap(texts).sort(), ["a", "b"]);
});
