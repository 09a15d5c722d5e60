import assert from "node:assert/strict";
import type { Listener } from "../../../pipelines/events.ts";
import fc from "fast-check";
import { LandingGoal } from "../../../pipelines/batch/goal.ts";
import { ingest, type IngestOptions, type IngestWorks } from "../../../pipelines/batch/ingest.ts";
import type { Outcome } from "../../../pipelines/clients/delivery.ts";
import type { Gateway, Outgoing } from "../../../pipelines/clients/gateway.ts";
import { contentHash } from "../../../pipelines/record/content.ts";
import { OutsideError, RunError, UsageError } from "../../../pipelines/errors.ts";
import { ledgerPaths } from "../../../pipelines/record/ledger.ts";
import type { Post } from "../../../pipelines/posts.ts";
import { sourceTables, tableNames } from "../../../pipelines/tables.ts";

const id = "abc123def456";

function post(index: number, more: Partial<Post> = {}): Post {
  return {
    index,
    rows: {
      pin: { index, title: `title ${index}`, downloaded: 1 },
      geo: { ind: index, country: "Peru", latitude: index + 0.5 },
      user: { ind: index, first_name: "Ann", age: 20 },
    },
    pauseSeconds: 0,
    ...more,
  };
}

const postsOf = (count: number, change: (n: number) => Partial<Post> = () => ({})): Post[] =>
  Array.from({ length: count }, (_, n) => post(n, change(n)));

async function* batches(posts: Post[], size = 7): AsyncGenerator<Post[]> {
  for (let at = 0; at < posts.length; at += size) {
    yield await Promise.resolve(posts.slice(at, at + size));
  }
}

/** Topics in memory behind a gateway that may fail as `trouble` says. */
class Topics implements Gateway {
  readonly stored = new Map<string, Outgoing[]>();
  requests: { topic: string; count: number }[] = [];
  /** The most requests of one topic at the same time. */
  inFlightMost = 0;
  readonly #inFlight = new Map<string, number>();
  /** What becomes of a request: how many of its records are stored, then what it ends with. */
  trouble: (request: number) => { stored: number; failure: Error } | undefined = () => undefined;
  refuses: (record: Outgoing) => boolean = () => false;

  async produce(topic: string, records: readonly Outgoing[]) {
    this.requests.push({ topic, count: records.length });
    const trouble = this.trouble(this.requests.length);
    const inFlight = (this.#inFlight.get(topic) ?? 0) + 1;
    this.#inFlight.set(topic, inFlight);
    this.inFlightMost = Math.max(this.inFlightMost, inFlight);
    for (let turn = 90 + (this.requests.length * 37) % 71; turn > 0; turn--) await null;
    this.#inFlight.set(topic, this.#inFlight.get(topic)! - 1);
    const log = this.stored.get(topic) ?? [];
    this.stored.set(topic, log);
    const outcomes = records.map((record, at): Outcome | undefined => {
      if (trouble !== undefined && at >= trouble.stored) return undefined;
      if (this.refuses(record)) return { refused: "50002: too large" };
      return { partition: 0, offset: BigInt(log.push(record) - 1) };
    });
    return {
      outcomes,
      resentCount: 0,
      ...(trouble === undefined ? {} : { failure: trouble.failure }),
    };
  }
}

async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    return await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function start(
  posts: Post[],
  gateway: Gateway,
  ledgerFolder: string,
  options: Partial<IngestOptions> = {},
  works: Partial<IngestWorks> = {},
) {
  const goal = new LandingGoal();
  const done = ingest(batches(posts), { gateway, ledgerFolder, goal, ...works }, {
    id,
    batchSize: 5,
    ...options,
  });
  return { goal, done };
}

/** The ledger's lines as [key, hash, partition, offset]. */
async function ledgerOf(folder: string, table: "pin" | "geo" | "user"): Promise<string[][]> {
  const text = await Deno.readTextFile(ledgerPaths(folder)[table]);
  return text.split("\n").slice(0, -1).map((line) => line.split(","));
}

Deno.test("Every row becomes one record of its table's topic, as JSON in column order", () =>
  inFolder(async (folder) => {
    const topics = new Topics();
    const { goal, done } = start(postsOf(12), topics, folder);
    const { tables, refusals } = await done;
    const counts = { source: 12, posted: 12, postedThisRun: 12, resent: 0, refused: 0 };
    assert.deepEqual(tables, { pin: counts, geo: counts, user: counts });
    assert.deepEqual(refusals, []);
    assert.deepEqual([...topics.stored.keys()].sort(), [`${id}.geo`, `${id}.pin`, `${id}.user`]);
    assert.deepEqual(
      topics.stored.get(`${id}.pin`)?.map(({ value }) => value),
      Array.from({ length: 12 }, (_, n) => `{"index":${n},"title":"title ${n}","downloaded":1}`),
    );
    assert.equal(topics.stored.get(`${id}.pin`)?.[0]?.key, undefined);
    assert.equal(goal.finished, true);
    assert.deepEqual([...goal.highest()].map(({ topic, offset }) => `${topic} ${offset}`).sort(), [
      `${id}.geo 11`,
      `${id}.pin 11`,
      `${id}.user 11`,
    ]);
  }));

Deno.test("A request holds batchSize records, and one table has inFlightMax of them at a time", () =>
  inFolder(async (folder) => {
    for (const inFlightMax of [1, 3]) {
      const topics = new Topics();
      await start(postsOf(42), topics, `${folder}/${inFlightMax}`, { inFlightMax }).done;
      assert.equal(topics.inFlightMost, inFlightMax);
      const counts = topics.requests.filter(({ topic }) => topic.endsWith("pin"));
      assert.deepEqual(counts.map(({ count }) => count), [5, 5, 5, 5, 5, 5, 5, 5, 2]);
      const ledger = await ledgerOf(`${folder}/${inFlightMax}`, "pin");
      assert.deepEqual(ledger.map(([key]) => Number(key)), postsOf(42).map(({ index }) => index));
    }
  }));

Deno.test("With inFlightMax 1 the topic has the order of the source", () =>
  inFolder(async (folder) => {
    const topics = new Topics();
    await start(postsOf(50), topics, folder, { batchSize: 1 }).done;
    const indexes = topics.stored.get(`${id}.user`)?.map(({ value }) => JSON.parse(value).ind);
    assert.deepEqual(indexes, postsOf(50).map(({ index }) => index));
  }));

Deno.test("keyed records carry their row's key as JSON", () =>
  inFolder(async (folder) => {
    const topics = new Topics();
    await start([post(7), post(8, { rows: { geo: { ind: null } } })], topics, folder, {
      keyed: true,
    }).done;
    assert.deepEqual(topics.stored.get(`${id}.geo`)?.map(({ key }) => key), ["7", undefined]);
  }));

Deno.test("The ledger has key, content hash and place of every row in source order", () =>
  inFolder(async (folder) => {
    await start(postsOf(12), new Topics(), folder, { inFlightMax: 3 }).done;
    for (const table of tableNames) {
      const lines = await ledgerOf(folder, table);
      assert.equal(lines.length, 12);
      for (const [n, [key, hash, partition]] of lines.entries()) {
        assert.equal(key, String(n));
        assert.equal(hash, contentHash(table, post(n).rows[table]!));
        assert.equal(partition, "0");
      }
    }
  }));

Deno.test("A second run sends nothing again and has the same goal", () =>
  inFolder(async (folder) => {
    await start(postsOf(12), new Topics(), folder).done;
    const topics = new Topics();
    const { goal, done } = start(postsOf(12), topics, folder);
    const { tables } = await done;
    assert.equal(topics.requests.length, 0);
    assert.deepEqual(tables.geo, {
      source: 12,
      posted: 12,
      postedThisRun: 0,
      resent: 0,
      refused: 0,
    });
    assert.deepEqual([...goal.highest()].map(({ offset }) => offset), [11n, 11n, 11n]);
    assert.equal(goal.finished, true);
  }));

Deno.test("A run that fails anywhere loses nothing: the next ones send what the ledger lacks", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          request: fc.integer({ min: 1, max: 12 }),
          stored: fc.integer({ min: 0, max: 5 }),
        }),
        { maxLength: 5 },
      ),
      fc.integer({ min: 1, max: 3 }),
      (troubles, inFlightMax) =>
        inFolder(async (folder) => {
          const topics = new Topics();
          const posts = postsOf(23, (n) => n % 5 === 3 ? { rows: { pin: post(n).rows.pin! } } : {});
          for (const { request, stored } of troubles) {
            const failure = new OutsideError("gone", { retryable: false });
            const from = topics.requests.length;
            topics.trouble = (count) => count === from + request ? { stored, failure } : undefined;
            const { goal, done } = start(posts, topics, folder, { inFlightMax });
            await done.catch((error) => assert.equal(error, failure));
            if (topics.requests.length >= from + request) assert.equal(goal.finished, false);
          }
          topics.trouble = () => undefined;
          await start(posts, topics, folder, { inFlightMax }).done;
          for (const table of tableNames) {
            const rows = posts.flatMap(({ rows }) =>
              rows[table] === undefined ? [] : [rows[table]]
            );
            const lines = await ledgerOf(folder, table);
            const key = sourceTables[table].key;
            assert.deepEqual(lines.map(([text]) => text), rows.map((row) => String(row[key])));
            // What the ledger says is where it says.
            for (const [n, line] of lines.entries()) {
              const record = topics.stored.get(`${id}.${table}`)?.[Number(line[3])];
              assert.equal(record?.value, JSON.stringify(rows[n]));
            }
          }
        }),
    ),
    { seed: 7, numRuns: 60 },
  ));

Deno.test("A row that changed since the folder was filled is named", () =>
  inFolder(async (folder) => {
    await start(postsOf(12), new Topics(), folder).done;
    const changed = postsOf(
      12,
      (n) =>
        n === 8
          ? { rows: { ...post(n).rows, geo: { ind: 8, country: "Chile", latitude: 8.5 } } }
          : {},
    );
    const topics = new Topics();
    await assert.rejects(start(changed, topics, folder).done, (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(
        error.message,
        /^The source has changed since this folder was filled: geo row 9 \(key 8\).*another --data/,
      );
      return true;
    });
    assert.equal(topics.requests.length, 0);
  }));

Deno.test("A source that is shorter than the ledger is refused", () =>
  inFolder(async (folder) => {
    await start(postsOf(12), new Topics(), folder).done;
    await assert.rejects(start(postsOf(11), new Topics(), folder).done, (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, /ends after 11 pin rows.*at least the same --rows/);
      return true;
    });
  }));

Deno.test("A longer source goes on where the ledger ends", () =>
  inFolder(async (folder) => {
    const topics = new Topics();
    await start(postsOf(8), topics, folder).done;
    const { tables } = await start(postsOf(12), topics, folder).done;
    assert.deepEqual(tables.pin, {
      source: 12,
      posted: 12,
      postedThisRun: 4,
      resent: 0,
      refused: 0,
    });
    assert.equal(topics.stored.get(`${id}.pin`)?.length, 12);
  }));

Deno.test("A refused row is named and counted, has no place, and stays refused", () =>
  inFolder(async (folder) => {
    const topics = new Topics();
    topics.refuses = ({ value }) => value.includes("title 3");
    const { tables, refusals } = await start(postsOf(6), topics, folder).done;
    assert.deepEqual(tables.pin, { source: 6, posted: 5, postedThisRun: 5, resent: 0, refused: 1 });
    assert.deepEqual(refusals, [{ table: "pin", key: "3", reason: "50002: too large" }]);
    assert.deepEqual((await ledgerOf(folder, "pin"))[3]?.slice(2), ["", ""]);
    const again = await start(postsOf(6), topics, folder).done;
    assert.equal(again.tables.pin.refused, 1);
    assert.equal(again.refusals[0]?.key, "3");
  }));

Deno.test("Topics that refuse everything end the run", () =>
  inFolder(async (folder) => {
    const topics = new Topics();
    topics.refuses = () => true;
    await assert.rejects(start(postsOf(1_200), topics, folder).done, (error) => {
      assert.ok(error instanceof RunError);
      assert.match(error.message, /more than 1000 rows were refused.*50002: too large/);
      return true;
    });
  }));

Deno.test("The pause of a post is made once, before its rows, and not for rows that are there", () =>
  inFolder(async (folder) => {
    const slept: number[] = [];
    const sleep = (ms: number) => {
      slept.push(ms);
      return Promise.resolve();
    };
    const posts = postsOf(6, (n) => ({ pauseSeconds: n % 2 }));
    await start(posts.slice(0, 3), new Topics(), folder, { batchSize: 1 }, { sleep }).done;
    assert.deepEqual(slept, [1_000]);
    await start(posts, new Topics(), folder, { batchSize: 1 }, { sleep }).done;
    assert.deepEqual(slept, [1_000, 1_000, 1_000]);
  }));

Deno.test("A full disk under the ledger ends the run", () =>
  inFolder(async (folder) => {
    const openFile = (path: string) => {
      const file = Deno.openSync(path, { append: true, create: true });
      return {
        writeSync(): number {
          throw new Error("No space left on device (os error 28)");
        },
        close: () => file.close(),
      };
    };
    const { goal, done } = start(postsOf(12), new Topics(), folder, {}, { ledger: { openFile } });
    await assert.rejects(done, RunError);
    assert.equal(goal.finished, false);
  }));

Deno.test("An abort ends with the signal's reason, and the ledger goes on from there", () =>
  inFolder(async (folder) => {
    const controller = new AbortController();
    const reason = new Error("Ctrl-C");
    const topics = new Topics();
    const tell: Listener = {
      counts: ({ count }) => void (count >= 10 && controller.abort(reason)),
    };
    const { done } = start(postsOf(30), topics, folder, { signal: controller.signal }, {
      tell,
    });
    await assert.rejects(done, reason);
    const { tables } = await start(postsOf(30), topics, folder).done;
    assert.equal(tables.pin.posted, 30);
    assert.ok(tables.pin.postedThisRun <= 20);
  }));

Deno.test("An abort does not wait for a source that is silent", () =>
  inFolder(async (folder) => {
    const controller = new AbortController();
    const silent = (async function* (): AsyncGenerator<Post[]> {
      yield postsOf(5);
      await new Promise(() => {});
    })();
    const works = { gateway: new Topics(), ledgerFolder: folder, goal: new LandingGoal() };
    const done = ingest(silent, works, { id, signal: controller.signal });
    setTimeout(() => controller.abort(new Error("Ctrl-C")), 5);
    await assert.rejects(done, { message: "Ctrl-C" });
  }));
