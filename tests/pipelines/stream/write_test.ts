import assert from "node:assert/strict";
import { readCommit } from "../../../pipelines/delta/log.ts";
import type { DeltaStorage } from "../../../pipelines/delta/mod.ts";
import { OutsideError, RunError } from "../../../pipelines/errors.ts";
import { mirrorName, noTotals, parseCheckpoint } from "../../../pipelines/stream/checkpoint.ts";
import type { TableCommit } from "../../../pipelines/stream/write.ts";
import { user } from "../batch/landed_objects.ts";
import { id, pageOf, sequence, shardId, withZone } from "./streaming.ts";
import {
  assertExact,
  cleanUser,
  Death,
  endOf,
  mixedStream,
  Tables,
  TestStream,
  TestTiming,
} from "./writing.ts";

const appId = `stream-${id}-user`;

Deno.test("every record is committed, a duplicate or a reject, whatever the batches", async () => {
  for (const records of [1, 3, 1000]) {
    await using tables = await Tables.create();
    const stream = mixedStream();
    const commits: TableCommit[] = [];
    await using open = await tables.openWriter({
      flush: { records },
      onCommit: (commit) => commits.push(commit),
    });
    assert.deepEqual(open.writer.from, {});
    await open.follow(stream, 2);
    await assertExact(tables, stream, open.writer.totals);
    assert.deepEqual(open.writer.positions, endOf(stream));
    assert.equal(commits.reduce((sum, { read }) => sum + read, 0), stream.recordCount);
    assert.deepEqual(commits.at(-1)?.totals, open.writer.totals);
    assert.deepEqual(commits.at(-1)?.positions, endOf(stream));
  }
});

Deno.test("the first landing wins by shard and sequence number within a batch", async () => {
  await using tables = await Tables.create();
  await using open = await tables.openWriter();
  await open.writer.add(pageOf(1, 0, [user(7, { age: 50 }), user(8)]));
  await open.writer.add(pageOf(0, 0, [user(7, { age: 20 }), user(8)]));
  await open.writer.add(pageOf(0, 2, [user(7, { age: 30 })]));
  await open.writer.flush();
  assert.deepEqual(await tables.rows(), [
    cleanUser(user(7, { age: 20 })),
    cleanUser(user(8)),
  ]);
  const rejects = await tables.rows("rejects");
  assert.deepEqual(
    rejects.map(({ shard, sequence_number, reason }) => [shard, sequence_number, reason]),
    [
      [shardId(0), sequence(2), "ind was seen before with other content: 7"],
      [shardId(1), sequence(0), "ind was seen before with other content: 7"],
    ],
  );
  assert.deepEqual(open.writer.totals, { read: 5, committed: 2, duplicates: 1, rejected: 2 });
});

Deno.test("positions, totals and rows stand in one commit, under the batch's number", async () => {
  await using tables = await Tables.create();
  await using open = await tables.openWriter();
  await open.writer.add(pageOf(0, 0, [user(1), user(2)]));
  await open.writer.flush();
  const actions = await readCommit(tables.storage(), 2); // 0 made the table, 1 claimed it.
  const info = actions?.find(({ commitInfo }) => commitInfo)?.commitInfo;
  assert.deepEqual(info?.["positions"], { [shardId(0)]: sequence(1) });
  assert.deepEqual(info?.["totals"], { read: 2, committed: 2, duplicates: 0, rejected: 0 });
  const txn = actions?.find(({ txn }) => txn)?.txn;
  assert.deepEqual([txn?.appId, txn?.version], [appId, 2]);
});

Deno.test("what became null is added up over batches and over processes", async () => {
  await using tables = await Tables.create();
  const stream = new TestStream([[
    user(1, { age: "old" }),
    user(2, { age: "young" }),
    user(3),
    user(4, { age: "ancient" }),
  ]]);
  {
    await using open = await tables.openWriter({ flush: { records: 1 } });
    await open.writer.add(pageOf(0, 0, stream.shards[0]?.slice(0, 1) ?? []));
    await open.writer.flush();
    await open.writer.add(pageOf(0, 1, stream.shards[0]?.slice(1, 3) ?? []));
    await open.writer.flush();
  }
  await using again = await tables.openWriter();
  await again.follow(stream, 10);
  const age = { table: "user", column: "age", cells: 3, examples: ["ancient", "old", "young"] };
  assert.deepEqual(again.writer.nulled, [age]);
  const info = (await readCommit(tables.storage(), again.writer.table.version))
    ?.find(({ commitInfo }) => commitInfo)?.commitInfo;
  assert.deepEqual(info?.["nulled"], [age]);
});

Deno.test("a commit that says nothing of what became null is one of an older version", () => {
  const found = parseCheckpoint({ batch: 3, positions: {}, totals: noTotals }, 3);
  assert.deepEqual(found, { batch: 3, positions: {}, totals: noTotals, nulled: [] });
  const odd = { batch: 3, positions: {}, totals: noTotals, nulled: [{ column: 7 }] };
  assert.equal(parseCheckpoint(odd, 3), null);
});

Deno.test("a batch of duplicates alone moves the positions, a page without records nothing", async () => {
  await using tables = await Tables.create();
  await using open = await tables.openWriter();
  await open.writer.add({ shardId: shardId(3), records: [], position: sequence(9), behindMs: 0 });
  await open.writer.flush();
  assert.equal(open.writer.table.version, 1);
  await open.writer.add(pageOf(0, 0, [user(1)]));
  await open.writer.flush();
  await open.writer.add(pageOf(0, 1, [user(1)]));
  await open.writer.flush();
  assert.equal(open.writer.table.files.length, 1);
  assert.deepEqual(open.writer.positions, {
    [shardId(0)]: sequence(1),
    [shardId(3)]: sequence(9),
  });
});

Deno.test("a page that comes again is dropped, committed or not", async () => {
  await using tables = await Tables.create();
  await using open = await tables.openWriter();
  const page = pageOf(0, 0, [user(1), "broken", user(2)]);
  await open.writer.add(page);
  await open.writer.add(page);
  await open.writer.flush();
  await open.writer.add(pageOf(0, 1, ["broken", user(2), user(3)]));
  await open.writer.flush();
  assert.deepEqual(open.writer.totals, { read: 4, committed: 3, duplicates: 0, rejected: 1 });
});

Deno.test("a batch ends by records, by bytes and by age", async () => {
  await using tables = await Tables.create();
  const timing = new TestTiming();
  let commits = 0;
  const { promise: committed, resolve } = Promise.withResolvers<void>();
  await using open = await tables.openWriter({
    timing,
    flush: { records: 3, bytes: 2000, ageMs: 700 },
    onCommit: () => ++commits === 3 && resolve(),
  });
  await open.writer.add(pageOf(0, 0, [user(1), user(2), user(3)]));
  await open.writer.add(pageOf(0, 3, [user(4, { first_name: "x".repeat(2000) })]));
  assert.equal(open.writer.table.files.length > 0, true);
  await open.writer.add(pageOf(0, 4, [user(5)]));
  // Whatever the clock says meanwhile, only the sleep decides.
  timing.jumpMs = -3_600_000;
  await open.writer.add(pageOf(0, 5, [user(6)]));
  timing.jumpMs = 3_600_000;
  while (commits < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(open.writer.totals.read, 4);
  timing.wake();
  await committed;
  assert.equal(open.writer.totals.read, 6);
  assert.deepEqual(new Set(timing.slept), new Set([700]));
});

Deno.test("a page waits while two batches are full", async () => {
  await using tables = await Tables.create();
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  await using open = await tables.openWriter({
    flush: { records: 2 },
    onStep: (step) => step === "parquet-written" ? held : undefined,
  });
  await open.writer.add(pageOf(0, 0, [user(0), user(1)]));
  let isTaken = false;
  const third = open.writer.add(pageOf(0, 2, [user(2), user(3)])).then(() => isTaken = true);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(isTaken, false);
  release();
  await third;
  await open.writer.flush();
  assert.equal(open.writer.totals.committed, 4);
});

/** Steps of a writer's life, and those of its tables. */
async function stepsOf(stream: TestStream): Promise<string[]> {
  await using tables = await Tables.create();
  const seen: string[] = [];
  await using open = await tables.openWriter({
    ...habits,
    onStep: (step) => void seen.push(step),
  });
  await open.follow(stream, 3);
  return seen;
}

/** The first moment of each step, and the last. */
function someOfEach(seen: readonly string[]): number[] {
  const moments = Map.groupBy(seen.keys(), (at) => seen[at]).values();
  return [...moments].flatMap((of) => [...new Set([...of.slice(0, 1), ...of.slice(-1)])]);
}

const habits = { flush: { records: 9 }, maintenance: { checkpointEvery: 2, filesMax: 1 } };

Deno.test("a process that dies at any step loses nothing and doubles nothing", async () => {
  const stream = mixedStream();
  const seen = await stepsOf(stream);
  const expected = [
    "rejects-committed",
    "parquet-written",
    "commit-staged",
    "commit-stored",
    "before-mirror",
    "mirror-staged",
    "checkpoint-staged",
    "checkpoint-stored",
  ];
  for (const step of expected) assert.ok(seen.includes(step), `${step} is met`);
  for (const at of someOfEach(seen)) {
    await using tables = await Tables.create();
    let count = 0;
    const die = () => {
      if (count++ >= at) throw new Death();
    };
    await assert.rejects(async () => {
      await using open = await tables.openWriter({ ...habits, onStep: die });
      await open.follow(stream, 3);
    }, Death);
    // The next process reads in other pages, and its batches end elsewhere.
    await using open = await tables.openWriter({ flush: { records: 8 + at % 9 } });
    await open.follow(stream, 2 + at % 3);
    await assertExact(tables, stream, open.writer.totals);
    assert.deepEqual(open.writer.positions, endOf(stream), `died at ${seen[at]}`);
  }
});

Deno.test("a process that dies again and again comes to the same end", async () => {
  await using tables = await Tables.create();
  const stream = mixedStream();
  let deaths = 0;
  for (let at = 0;; at++) {
    let count = 0;
    try {
      await using open = await tables.openWriter({
        flush: { records: 2 + at % 3 },
        // Now and then a batch survives: five steps, with rejects and a checkpoint eight.
        onStep: () => {
          if (count++ >= at % 10) throw new Death();
        },
      });
      await open.follow(stream, 1 + at % 3);
      await assertExact(tables, stream, open.writer.totals);
      break;
    } catch (error) {
      if (!(error instanceof Death)) throw error;
      deaths++;
    }
  }
  assert.ok(deaths >= 10, `${deaths} deaths`);
});

Deno.test("rejects of a batch that was not committed keep their verdict", async () => {
  await using tables = await Tables.create();
  // The two shards disagree on 30; which of them is read first changes with the restart.
  const stream = new TestStream([[user(30, { age: 41 })], [user(1), user(30)]]);
  await assert.rejects(async () => {
    await using open = await tables.openWriter({
      onStep: (step) => {
        if (step === "rejects-committed") throw new Death();
      },
    });
    await open.follow(stream, 5);
  }, Death);
  await using open = await tables.openWriter({ flush: { records: 1 } });
  const [first, second] = [...stream.pages({}, 5)];
  assert.ok(first && second);
  await open.writer.add(second);
  await open.writer.flush();
  assert.deepEqual(open.writer.totals, { read: 2, committed: 1, duplicates: 0, rejected: 1 });
  await open.writer.add(first);
  await open.writer.flush();
  await assertExact(tables, stream, open.writer.totals);
  assert.equal((await tables.rows()).at(-1)?.["age"], 41);
});

/** The write of this kind with this number fails, as on a full disk. */
function failing(kind: "put" | "putFile" | "putIfAbsent", at: number) {
  return (whole: DeltaStorage): DeltaStorage => {
    let count = 0;
    const meet = (met: typeof kind) => {
      if (met !== kind || count++ !== at) return;
      throw new OutsideError("Cannot write: disk full", { retryable: false });
    };
    return {
      ...whole,
      async put(name, bytes) {
        meet("put");
        await whole.put(name, bytes);
      },
      async putFile(name, path) {
        meet("putFile");
        await whole.putFile(name, path);
      },
      async putIfAbsent(name, bytes) {
        meet("putIfAbsent");
        return await whole.putIfAbsent(name, bytes);
      },
    };
  };
}

Deno.test("a disk that fills ends the run in its own words, and the next one goes on", async () => {
  const stream = mixedStream();
  for (const kind of ["put", "putFile", "putIfAbsent"] as const) {
    await using tables = await Tables.create();
    {
      const storage = failing(kind, 2);
      await using open = await tables.openWriter({ storage, flush: { records: 5 } });
      await assert.rejects(open.follow(stream, 3), /^OutsideError: Cannot write: disk full$/);
    }
    await using open = await tables.openWriter({ flush: { records: 7 } });
    await open.follow(stream, 2);
    await assertExact(tables, stream, open.writer.totals);
  }
});

Deno.test("without its commit the mirror tells the positions, and only the one of its number", async () => {
  await using tables = await Tables.create();
  {
    await using open = await tables.openWriter();
    for (const n of [0, 1]) {
      await open.writer.add(pageOf(0, n, [user(n)]));
      await open.writer.flush();
    }
    await open.writer.table.checkpoint();
  }
  const forget = async (version: number) =>
    await tables.storage().delete(`_delta_log/${String(version).padStart(20, "0")}.json`);
  // The table, a claim and two batches.
  for (const version of [0, 1, 2, 3]) await forget(version);
  {
    await using open = await tables.openWriter();
    assert.deepEqual(open.writer.positions, { [shardId(0)]: sequence(1) });
    assert.equal(open.writer.totals.committed, 2);
    await open.writer.table.checkpoint();
  }
  await forget(4); // The second claim.
  const mirror = mirrorName(appId, 4);
  assert.deepEqual(
    (await tables.storage().list("_checkpoints/")).map(({ name }) => name),
    [mirror],
  );
  await tables.storage().put(mirror, new TextEncoder().encode('{"batch":1,"posi'));
  await assert.rejects(tables.openWriter(), /says how far the stream was read.*Restore that file/);
});

Deno.test("compaction in the background bounds the files and changes no row", async () => {
  await using tables = await Tables.create();
  await using open = await tables.openWriter({ maintenance: { filesMax: 10 } });
  let filesMax = 0;
  for (let n = 0; n < 60; n++) {
    await open.writer.add(pageOf(0, n, [user(n)]));
    await open.writer.flush();
    filesMax = Math.max(filesMax, open.writer.table.files.length);
  }
  await open.writer.close();
  assert.ok(filesMax <= 22, `${filesMax} live files`);
  assert.deepEqual(await tables.rows(), Array.from({ length: 60 }, (_, n) => cleanUser(user(n))));
});

Deno.test("a compaction that fails is told, and the run goes on", async () => {
  await using tables = await Tables.create();
  const troubles: string[] = [];
  await using open = await tables.openWriter({
    maintenance: { filesMax: 8, onTrouble: (what) => troubles.push(what) },
    onStep: (step) => {
      if (step === "compaction-staged") throw new RunError("Cannot write: the disk is full");
    },
  });
  for (let n = 0; n < 12; n++) {
    await open.writer.add(pageOf(0, n, [user(n)]));
    await open.writer.flush();
  }
  await open.writer.close();
  assert.match(troubles[0] ?? "", /small files of .* stay as they are for now.*disk is full/);
  assert.equal((await tables.rows()).length, 12);
});

Deno.test("a process that dies in a compaction leaves the table as it was", async () => {
  await using tables = await Tables.create();
  await assert.rejects(async () => {
    await using open = await tables.openWriter({
      maintenance: { filesMax: 8 },
      onStep: (step) => {
        if (step === "compaction-staged") throw new Death();
      },
    });
    for (let n = 0; n < 12; n++) {
      await open.writer.add(pageOf(0, n, [user(n)]));
      await open.writer.flush();
    }
    await open.writer.close();
  }, Death);
  const stream = new TestStream([Array.from({ length: 14 }, (_, n) => user(n))]);
  await using open = await tables.openWriter();
  await open.follow(stream, 5);
  await assertExact(tables, stream, open.writer.totals);
});

Deno.test("what ends the writing is told at once", async () => {
  await using tables = await Tables.create();
  const timing = new TestTiming();
  const { promise: failure, resolve } = Promise.withResolvers<unknown>();
  await using open = await tables.openWriter({
    timing,
    onFailure: resolve,
    onStep: (step) => {
      if (step === "parquet-written") throw new Death();
    },
  });
  await open.writer.add(pageOf(0, 0, [user(1)]));
  timing.wake();
  assert.ok(await failure instanceof Death);
  await assert.rejects(open.writer.flush(), Death);
});

Deno.test("a column more goes on, repeats judged by the columns that the first landing had", async () => {
  await using tables = await Tables.create();
  const at = (ind: number, date_joined: string) => user(ind, { date_joined });
  const [plain, utc] = ["2018-01-02 03:04:05", "2018-01-02 03:04:05+00:00"];
  {
    await using open = await tables.openWriter();
    await open.writer.add(pageOf(0, 0, [at(1, plain), at(2, utc)]));
    await open.writer.close();
  }
  const model = withZone(tables.model);
  for (const start of [2, 20]) {
    await using open = await tables.openWriter({ model });
    const { duplicates, rejected } = open.writer.totals;
    await open.writer.add(pageOf(0, start, [
      ...[at(1, utc), at(2, plain), user(1, { age: 99 })], // Older than the column.
      ...[at(start * 10, plain), at(start * 10, utc), at(start * 10, plain)],
    ]));
    await open.writer.flush();
    await open.writer.table.compact({ minFiles: 2 });
    const after = open.writer.totals;
    assert.deepEqual([after.duplicates - duplicates, after.rejected - rejected], [3, 2]);
    await open.writer.close();
  }
  {
    await using open = await tables.openWriter({ model });
    await open.writer.add(pageOf(0, 30, [at(20, utc), at(20, plain), at(1, utc)]));
    await open.writer.close();
    assert.deepEqual(open.writer.totals, { read: 17, committed: 4, duplicates: 8, rejected: 5 });
  }
  const rows = (await tables.rows()).map(({ ind, zone }) => `${ind} ${zone}`);
  assert.deepEqual(rows, ["1 null", "2 null", "20 null", "200 null"]);
  await assert.rejects(
    tables.openWriter(),
    /its column zone is none that cleaning makes[.] A table takes added columns, no other change/,
  );
});
