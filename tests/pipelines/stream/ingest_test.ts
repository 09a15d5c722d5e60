import assert from "node:assert/strict";
import type { Listener } from "../../../pipelines/events.ts";
import fc from "fast-check";
import { noKey, openGatewayStreams } from "../../../pipelines/clients/gateway_streams.ts";
import { contentHash } from "../../../pipelines/record/content.ts";
import { OutsideError, UsageError } from "../../../pipelines/errors.ts";
import type { Post } from "../../../pipelines/posts.ts";
import { partitionKeyOf } from "../../../pipelines/stream/ingest.ts";
import { Latency } from "../../../pipelines/stream/latency.ts";
import { Pace } from "../../../pipelines/stream/pace.ts";
import { perTable, streamOf, type TableName, tableNames } from "../../../pipelines/tables.ts";
import { StreamsGateway } from "../clients/streams_gateway.ts";
import { testTiming } from "../clients/testing.ts";
import {
  batches,
  endsOf,
  id,
  inFolder,
  ledgerOf,
  limits,
  post,
  postsOf,
  start,
} from "./ingesting.ts";

const textsIn = (gateway: StreamsGateway, table: TableName) =>
  gateway.stored.get(streamOf(id, table))?.map(({ data }) => JSON.stringify(data)) ?? [];

Deno.test("Every row becomes one record of its table's stream, keyed by its index", () =>
  inFolder(async (folder) => {
    await using gateway = new StreamsGateway();
    const { goal, done } = start(postsOf(12), gateway, folder);
    const { tables, refusals } = await done;
    const counts = { source: 12, posted: 12, postedThisRun: 12, resent: 0, refused: 0 };
    assert.deepEqual(tables, { pin: counts, geo: counts, user: counts });
    assert.deepEqual(refusals, []);
    const pins = gateway.stored.get(`streaming-${id}-pin`);
    assert.deepEqual(
      pins?.map(({ key, data }) => [key, data]),
      Array.from({ length: 12 }, (_, n) => [String(n), { index: n, title: `title ${n}` }]),
    );
    assert.deepEqual([...gateway.stored.keys()].sort(), [
      `streaming-${id}-geo`,
      `streaming-${id}-pin`,
      `streaming-${id}-user`,
    ]);
    for (const table of tableNames) {
      assert.equal(goal.isReached(table, endsOf(gateway, table)), true);
      assert.equal(goal.isReached(table, {}), false);
    }
  }));

Deno.test("The ledger has shard and sequence number of every row, digit for digit", () =>
  inFolder(async (folder) => {
    await using gateway = new StreamsGateway();
    await start(postsOf(12), gateway, folder).done;
    const records = gateway.stored.get(streamOf(id, "geo")) ?? [];
    const expected = records.map(({ data, shard, sequence }) => [
      String(data.ind),
      contentHash("geo", data),
      String(shard),
      String(sequence),
    ]);
    assert.deepEqual(await ledgerOf(folder, "geo"), expected);
    assert.equal(expected[0]?.[3]?.length, 56);
  }));

Deno.test("A partition key is the index as a whole number, or that of all who have none", () => {
  assert.deepEqual([7, "7", " 7 ", "7.0", "007", -3, 0, -0].map(partitionKeyOf), [
    ...Array<string>(5).fill("7"),
    "-3",
    "0",
    "0",
  ]);
  for (const key of [null, undefined, "", " ", "x", 1.5, NaN, true, {}, "9".repeat(300)]) {
    assert.equal(partitionKeyOf(key), noKey);
  }
});

Deno.test("A request holds batchSize rows and a table has one request at a time", () =>
  inFolder(async (folder) => {
    await using gateway = new StreamsGateway();
    await start(postsOf(42), gateway, folder).done;
    const puts = gateway.puts.filter(({ stream }) => stream === streamOf(id, "pin"));
    assert.deepEqual(puts.map(({ records }) => records.length), [5, 5, 5, 5, 5, 5, 5, 5, 2]);
    assert.equal(gateway.inFlightMost, 1);
  }));

Deno.test("A request never has more than the 500 records that PutRecords takes", () =>
  inFolder(async (folder) => {
    await using gateway = new StreamsGateway();
    await start(postsOf(1_100), gateway, folder, { batchSize: 2_000 }).done;
    const puts = gateway.puts.filter(({ stream }) => stream === streamOf(id, "pin"));
    assert.deepEqual(puts.map(({ records }) => records.length), [500, 500, 100]);
  }));

Deno.test("A request stays below 10 MB, in base64 too, also where every character takes three bytes", () =>
  inFolder(async (folder) => {
    await using gateway = new StreamsGateway();
    const large = Array.from({ length: 10 }, (_, n) => post(n, "€".repeat(340_000)));
    await start(large, gateway, folder, { batchSize: 500 }).done;
    const puts = gateway.puts.filter(({ stream }) => stream === streamOf(id, "pin"));
    assert.deepEqual(puts.map(({ records }) => records.length), [7, 3]);
    const bytes = new TextEncoder().encode(JSON.stringify(puts[0]?.records)).length;
    assert.ok(bytes * 4 / 3 < 10_000_000, `${bytes}`);
  }));

Deno.test("A second run sends nothing again and has the same goal", () =>
  inFolder(async (folder) => {
    await using gateway = new StreamsGateway();
    await start(postsOf(12), gateway, folder).done;
    const before = gateway.puts.length;
    const { goal, done } = start(postsOf(12), gateway, folder);
    const { tables } = await done;
    assert.equal(gateway.puts.length, before);
    assert.deepEqual(tables.user, {
      source: 12,
      posted: 12,
      postedThisRun: 0,
      resent: 0,
      refused: 0,
    });
    for (const table of tableNames) {
      const ends = endsOf(gateway, table);
      assert.equal(goal.isReached(table, ends), true);
      for (const [shard, end] of Object.entries(ends)) {
        assert.equal(goal.isReached(table, { ...ends, [shard]: String(BigInt(end) - 1n) }), false);
      }
    }
  }));

Deno.test("A run that ends between an answer and the ledger sends those rows again, and no others", () =>
  inFolder(async (folder) => {
    await using gateway = new StreamsGateway();
    let stepCount = 0;
    const onStep = (step: string) => {
      assert.equal(step, "put-unacknowledged");
      if (++stepCount === 5) throw new Error("killed");
    };
    const { goal, done } = start(postsOf(40), gateway, folder, {}, { onStep });
    await assert.rejects(done, { message: "killed" });
    assert.equal(goal.finished, false);
    const before = perTable((table) => textsIn(gateway, table).length);
    const ledger = perTable(() => 0);
    for (const table of tableNames) ledger[table] = (await ledgerOf(folder, table)).length;
    const unacknowledged = tableNames.filter((table) => ledger[table] < before[table]);
    assert.equal(unacknowledged.length, 1);
    await start(postsOf(40), gateway, folder).done;
    for (const table of tableNames) {
      const doubled = textsIn(gateway, table).length - 40;
      assert.equal(doubled, before[table] - ledger[table]);
      assert.equal(new Set(textsIn(gateway, table)).size, 40);
    }
  }));

Deno.test("Whatever fails and whenever it is killed, nothing is lost and the rows of a key keep their order", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(1, 2, "2", 3, 44, null), { minLength: 1, maxLength: 40 }),
      fc.array(fc.constantFrom("", "", "", "lost", "entry", "throttled", "down"), {
        maxLength: 30,
      }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 11 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }),
      fc.integer({ min: 1, max: 9 }),
      (keys, fates, strikes, kills, batchSize) =>
        inFolder(async (folder) => {
          await using gateway = new StreamsGateway(3);
          const posts = keys.map((key, n) => post(key, n));
          let roll = 0;
          gateway.before = (_, count) => {
            if (fates[count] === "down") return Response.json({ message: "x" }, { status: 403 });
            return fates[count] === "throttled" ? new Response("", { status: 429 }) : undefined;
          };
          gateway.after = (_, count) =>
            fates[count] === "lost" ? new Response("", { status: 504 }) : undefined;
          gateway.entry = () =>
            fates[gateway.puts.length] === "entry" && strikes[roll++ % strikes.length]
              ? "ProvisionedThroughputExceededException"
              : undefined;
          for (let run = 0;; run++) {
            let stepsLeft = kills[run] ?? Infinity;
            const onStep = () => {
              if (--stepsLeft === 0) throw new OutsideError("killed", { retryable: false });
            };
            const { done } = start(posts, gateway, folder, { batchSize }, { onStep });
            const end = await done.catch((error) => error);
            if (!(end instanceof OutsideError)) {
              assert.ok(!(end instanceof Error), end);
              break;
            }
          }
          for (const table of tableNames) await checkStream(gateway, folder, table, posts);
        }),
    ),
    { seed: 21, numRuns: 80 },
  ));

/** Every row is stored where the ledger says, and the firsts of each key in source order. */
async function checkStream(
  gateway: StreamsGateway,
  folder: string,
  table: TableName,
  posts: Post[],
): Promise<void> {
  const stream = streamOf(id, table);
  const rows = posts.map(({ rows }) => JSON.stringify(rows[table]));
  const ledger = await ledgerOf(folder, table);
  assert.equal(ledger.length, rows.length);
  for (const [n, [, , shard, sequence]] of ledger.entries()) {
    const found = gateway.stored.get(stream)?.find((one) => String(one.sequence) === sequence);
    assert.equal(JSON.stringify(found?.data), rows[n]);
    assert.equal(String(found?.shard), shard);
  }
  const firsts = gateway.firsts(stream);
  assert.equal(firsts.length, rows.length);
  for (const key of new Set(firsts.map(({ key }) => key))) {
    if (key === noKey) continue;
    const order = firsts.filter((one) => one.key === key).map(({ data }) => JSON.stringify(data));
    assert.deepEqual(order, rows.filter((row) => order.includes(row)));
  }
}

Deno.test("A row does not wait longer than lingerMs for others", () =>
  inFolder(async (folder) => {
    await using gateway = new StreamsGateway();
    const posted = Promise.withResolvers<void>();
    const source = (async function* () {
      yield postsOf(2);
      await posted.promise;
    })();
    const counts = new Map<TableName, number>();
    const tell: Listener = {
      counts({ hop, table, count }) {
        assert.equal(hop, "posted");
        if (counts.set(table, count).size === 3) posted.resolve();
      },
    };
    const { done } = start(source, gateway, folder, { batchSize: 500, lingerMs: 5 }, { tell });
    // The source ends only after its rows were acknowledged.
    await done;
    assert.deepEqual([...counts.values()], [2, 2, 2]);
    assert.equal(gateway.puts.length, 3);
  }));

Deno.test("Rows that lingered while a request was under way go as soon as it is answered", () =>
  inFolder(async (folder) => {
    await using gateway = new StreamsGateway();
    const posted = Promise.withResolvers<void>();
    const source = (async function* () {
      yield [post(1)];
      while (gateway.puts.length < 3) await new Promise((resolve) => setTimeout(resolve, 1));
      yield [post(2)];
      await posted.promise;
    })();
    let turn = 0;
    const onStep = () => new Promise<void>((resolve) => setTimeout(resolve, turn++ < 3 ? 30 : 0));
    let count = 0;
    const tell = { counts: () => void (++count === 6 && posted.resolve()) };
    const options = { batchSize: 500, lingerMs: 1 };
    await start(source, gateway, folder, options, { tell, onStep }).done;
    assert.equal(gateway.puts.length, 6);
    assert.equal(gateway.inFlightMost, 1);
  }));

Deno.test("Stopping posts what was begun and ends without an error; the next run goes on", () =>
  inFolder(async (folder) => {
    await using gateway = new StreamsGateway();
    const controller = new AbortController();
    const source = (async function* () {
      yield postsOf(8);
      controller.abort(new Error("time is up"));
      yield postsOf(100).slice(8);
    })();
    const stopPosting = controller.signal;
    const { goal, done } = start(source, gateway, folder, { stopPosting });
    const { tables } = await done;
    assert.deepEqual(tableNames.map((table) => tables[table].posted), [8, 8, 8]);
    assert.deepEqual(tableNames.map((table) => tables[table].source), [8, 8, 8]);
    for (const table of tableNames) {
      assert.equal(goal.isReached(table, endsOf(gateway, table)), true);
    }
    const again = await start(postsOf(20), gateway, folder).done;
    assert.deepEqual(tableNames.map((table) => again.tables[table].postedThisRun), [12, 12, 12]);
  }));

Deno.test("Stopping does not wait for a source that is silent, nor for the pace", () =>
  inFolder(async (folder) => {
    await using gateway = new StreamsGateway();
    const pace = new Pace(1, {
      nowMs: () => 0,
      sleep: (_, signal) =>
        new Promise((_, reject) =>
          signal?.addEventListener("abort", () => reject(signal.reason), { once: true })
        ),
    });
    for (const works of [{ pace }, {}]) {
      const silent = (async function* () {
        yield postsOf(3);
        await new Promise(() => {});
      })();
      const options = { stopPosting: AbortSignal.timeout(20) };
      const { tables } = await start(
        silent,
        gateway,
        `${folder}/${"pace" in works}`,
        options,
        works,
      )
        .done;
      // The pace lets the first two posts go at once.
      assert.equal(tables.pin.posted, "pace" in works ? 2 : 3);
      assert.equal(tables.pin.source, tables.user.posted);
    }
  }));

Deno.test("Stopped before it got to where an earlier run was, a run still counts all rows of that", () =>
  inFolder(async (folder) => {
    await using gateway = new StreamsGateway();
    await start(postsOf(30), gateway, folder).done;
    for (const readCount of [0, 7, 14]) {
      const controller = new AbortController();
      if (readCount === 0) controller.abort();
      const source = (async function* () {
        yield* batches(postsOf(readCount));
        controller.abort();
        yield postsOf(30).slice(readCount);
      })();
      const { goal, done } = start(source, gateway, folder, { stopPosting: controller.signal });
      const { tables } = await done;
      assert.deepEqual([tables.geo.source, tables.geo.posted], [30, 30]);
      for (const table of tableNames) {
        assert.equal(goal.isReached(table, endsOf(gateway, table)), true);
        assert.equal(goal.isReached(table, {}), false);
      }
    }
  }));

Deno.test("An abort ends at once with the signal's reason, also after posting was stopped", () =>
  inFolder(async (folder) => {
    await using gateway = new StreamsGateway();
    gateway.before = () => new Response("", { status: 503 });
    const [stop, abort] = [new AbortController(), new AbortController()];
    const options = { timing: { ...testTiming(), sleep: pauseFor }, limits, signal: abort.signal };
    function pauseFor(_ms: number, signal?: AbortSignal): Promise<void> {
      stop.abort();
      if (gateway.puts.length > 9) abort.abort(new Error("Ctrl-C"));
      signal?.throwIfAborted();
      return Promise.resolve();
    }
    const streams = openGatewayStreams(gateway.url, options);
    const { goal, done } = start(postsOf(30), gateway, folder, {
      signal: abort.signal,
      stopPosting: stop.signal,
    }, { gateway: streams });
    await assert.rejects(done, { message: "Ctrl-C" });
    assert.equal(goal.finished, false);
  }));

Deno.test("A gateway that says no ends the run while the source is silent", () =>
  inFolder(async (folder) => {
    await using gateway = new StreamsGateway();
    gateway.before = () => Response.json({ message: "x" }, { status: 403 });
    const silent = (async function* () {
      yield postsOf(1);
      await new Promise(() => {});
    })();
    await assert.rejects(start(silent, gateway, folder, { lingerMs: 1 }).done, OutsideError);
  }));

Deno.test("A source that is shorter than the ledger is refused", () =>
  inFolder(async (folder) => {
    await using gateway = new StreamsGateway();
    await start(postsOf(12), gateway, folder).done;
    await assert.rejects(start(postsOf(11), gateway, folder).done, UsageError);
  }));

Deno.test("A row that is too large is refused and named, and the others go on", () =>
  inFolder(async (folder) => {
    await using gateway = new StreamsGateway();
    const message = "Value at 'records.1.member.data' failed to satisfy constraint";
    gateway.before = ({ records }) =>
      records.some(({ data }) => data.title === "title 3")
        ? Response.json({ __type: "ValidationException", message }, { status: 400 })
        : undefined;
    const { tables, refusals } = await start(postsOf(9), gateway, folder).done;
    assert.deepEqual(tables.pin, { source: 9, posted: 8, postedThisRun: 8, resent: 0, refused: 1 });
    assert.deepEqual(refusals, [{
      table: "pin",
      key: "3",
      reason: `ValidationException: ${message}`,
    }]);
    assert.deepEqual((await ledgerOf(folder, "pin"))[3]?.slice(2), ["", ""]);
  }));

Deno.test("The pace counts records, and only those that are sent", () =>
  inFolder(async (folder) => {
    await using gateway = new StreamsGateway();
    await start(postsOf(20), gateway, folder).done;
    const timing = testTiming();
    await start(postsOf(120), gateway, folder, {}, { pace: new Pace(30, timing) }).done;
    // 100 posts of three records, the first two at once.
    assert.ok(Math.abs(timing.nowMs() - 98 * 100) < 1, `${timing.nowMs()}`);
  }));

Deno.test("Latency is told of every shard's records, from when the oldest was taken", () =>
  inFolder(async (folder) => {
    await using gateway = new StreamsGateway();
    const latency = new Latency();
    let nowMs = 0;
    const works = { latency, nowMs: () => nowMs += 100 };
    await start(postsOf(10), gateway, folder, {}, works).done;
    // Two requests for each table, their first rows taken at 100, 200, … 600.
    assert.equal(nowMs, 600);
    assert.equal(latency.summary(), null);
    for (const table of tableNames) latency.committed(table, endsOf(gateway, table), 1_000);
    assert.equal(latency.summary()?.max, 900);
    assert.ok(Math.abs(latency.summary()!.p50 - 600) <= 12);
  }));
