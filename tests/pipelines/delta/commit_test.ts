import assert from "node:assert/strict";
import { DeltaConflict, type DeltaTable, Fenced } from "../../../pipelines/delta/mod.ts";
import type { DeltaStorage } from "../../../pipelines/delta/mod.ts";
import { OutsideError } from "../../../pipelines/errors.ts";
import { type DuckDbWarehouse, openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import { type Given, given, messageOf, numbers, numbersIn, withDisk } from "./helper.ts";

/** What a rival does between our reading and our commit. */
const rivals = {
  "a blind append": (table: DeltaTable) => table.append(numbers(100)),
  "an append with our id": (table: DeltaTable) =>
    table.append(numbers(100), { txn: { appId: "ours", version: 1 } }),
  "an append with another id": (table: DeltaTable) =>
    table.append(numbers(100), { txn: { appId: "theirs", version: 1 } }),
  "an overwrite": (table: DeltaTable) => table.overwrite(numbers(100)),
  "a new column": (table: DeltaTable) => table.addColumns([{ name: "more", type: "long" }]),
  "a compaction": (table: DeltaTable) => table.compact({ minFiles: 2 }),
};

const ours = {
  "an append": (table: DeltaTable) => table.append(numbers(9)),
  "an append with txn": (table: DeltaTable) =>
    table.append(numbers(9), { txn: { appId: "ours", version: 1 } }),
  "an append alone": (table: DeltaTable) => table.append(numbers(9), { alone: true }),
  "an overwrite": (table: DeltaTable) => table.overwrite(numbers(9)),
  "a compaction": (table: DeltaTable) => table.compact({ minFiles: 2 }),
  "a new column": (table: DeltaTable) => table.addColumns([{ name: "less", type: "long" }]),
};

/** The table of the protocol's rules: what ours meets, and the numbers that are then in the table. */
const rules: Record<
  keyof typeof ours,
  Record<keyof typeof rivals, number[] | typeof DeltaConflict>
> = {
  "an append": {
    "a blind append": [1, 2, 9, 100],
    "an append with our id": [1, 2, 9, 100],
    "an append with another id": [1, 2, 9, 100],
    "an overwrite": [9, 100],
    "a new column": DeltaConflict,
    "a compaction": [1, 2, 9],
  },
  "an append with txn": {
    "a blind append": [1, 2, 9, 100],
    "an append with our id": Fenced,
    "an append with another id": [1, 2, 9, 100],
    "an overwrite": [9, 100],
    "a new column": DeltaConflict,
    "a compaction": [1, 2, 9],
  },
  "an append alone": {
    "a blind append": DeltaConflict,
    "an append with our id": DeltaConflict,
    "an append with another id": DeltaConflict,
    "an overwrite": DeltaConflict,
    "a new column": DeltaConflict,
    "a compaction": DeltaConflict,
  },
  "an overwrite": {
    "a blind append": DeltaConflict,
    "an append with our id": DeltaConflict,
    "an append with another id": DeltaConflict,
    "an overwrite": DeltaConflict,
    "a new column": DeltaConflict,
    "a compaction": DeltaConflict,
  },
  "a compaction": {
    "a blind append": [1, 2, 100],
    "an append with our id": [1, 2, 100],
    "an append with another id": [1, 2, 100],
    "an overwrite": DeltaConflict,
    "a new column": DeltaConflict,
    "a compaction": DeltaConflict,
  },
  "a new column": {
    "a blind append": [1, 2, 100],
    "an append with our id": [1, 2, 100],
    "an append with another id": [1, 2, 100],
    "an overwrite": [100],
    "a new column": DeltaConflict,
    "a compaction": [1, 2],
  },
};

const names = <Key extends string>(of: Record<Key, unknown>) => Object.keys(of) as Key[];

for (const what of names(ours)) {
  Deno.test(`${what} and the rivals that come before it`, async (test) => {
    await using db = await openDuckDb({ threads: 1 });
    for (const rival of names(rivals)) {
      const outcome = rules[what][rival];
      const does = Array.isArray(outcome) ? "goes on" : "stops";
      await test.step(`${what} ${does} when ${rival} came first`, () => meet(db, what, rival));
    }
  });
}

async function meet(
  db: DuckDbWarehouse,
  what: keyof typeof ours,
  rival: keyof typeof rivals,
): Promise<void> {
  const outcome = rules[what][rival];
  await withDisk(async ({ create, open, storage }) => {
    const table = await create();
    await table.append(numbers(1));
    await table.append(numbers(2));
    const other = await open();
    await rivals[rival](other);
    if (Array.isArray(outcome)) {
      const committed = await ours[what](table);
      assert.deepEqual([committed?.version, committed?.rivals], [4, [3]]);
      assert.deepEqual(await numbersIn(db, await open()), outcome);
    } else {
      const before = await numbersIn(db, other);
      assert.match(await messageOf(ours[what](table), outcome), /version 3 by another/);
      const after = await open();
      assert.equal(after.version, 3);
      assert.deepEqual(await numbersIn(db, after), before);
      const live = new Set(after.files.map(({ path }) => path));
      const orphans = (await storage.list("part-")).filter(({ name }) => !live.has(name));
      const removed = /overwrite|compaction/.test(rival) ? 2 : 0;
      assert.equal(orphans.length, removed, "ours was taken away again");
    }
    await table.refresh();
    await table.append(numbers(50));
    assert.ok((await numbersIn(db, table)).includes(50));
  }, db);
}

Deno.test("A number of a series that is not new is fenced off before anything is written", () =>
  withDisk(async ({ create, storage }) => {
    const table = await create();
    const commit = (version: number) => table.append(numbers(1), { txn: { appId: "a", version } });
    await commit(5);
    for (const version of [5, 4]) {
      const message = await messageOf(commit(version), Fenced);
      assert.match(message, new RegExp(`a ${version} is not new, the table is at 5`));
    }
    assert.equal((await storage.list("part-")).length, 1);
    assert.equal((await commit(6)).version, 2);
  }));

/** Stores, and fails as if the answer had been lost; from the nth call on, `count` times. */
function losingAnswers(storage: DeltaStorage, nth: number, count = 1): DeltaStorage {
  let call = 0;
  return {
    ...storage,
    uri: storage.uri,
    async putIfAbsent(name, bytes) {
      const outcome = await storage.putIfAbsent(name, bytes);
      call++;
      if (call < nth || call >= nth + count) return outcome;
      throw new OutsideError("Cannot write: the answer was lost", { retryable: true });
    },
  };
}

async function withLostAnswer(
  { db, dir, storage }: Given,
  run: (table: DeltaTable, again: Given) => Promise<void>,
): Promise<void> {
  const again = given(db, dir, losingAnswers(storage, 2));
  await run(await again.create(), again);
}

Deno.test("A commit whose answer is lost is read back, and is ours", () =>
  withDisk((disk) =>
    withLostAnswer(disk, async (table) => {
      const committed = await table.append(numbers(1), { txn: { appId: "a", version: 1 } });
      assert.deepEqual([committed.version, committed.rivals], [1, []]);
      await table.append(numbers(2), { txn: { appId: "a", version: 2 } });
      assert.deepEqual(await numbersIn(disk.db, await disk.open()), [1, 2]);
    })
  ));

Deno.test("A lost answer behind which a rival stands moves ours on", () =>
  withDisk((disk) =>
    withLostAnswer(disk, async (table) => {
      await (await disk.open()).append(numbers(7));
      const committed = await table.append(numbers(1));
      assert.deepEqual([committed.version, committed.rivals], [2, [1]]);
      assert.deepEqual(await numbersIn(disk.db, await disk.open()), [1, 7]);
    })
  ));

Deno.test("`exists` that means our own first attempt is not taken for a rival", () =>
  withDisk(async ({ db, dir, storage }) => {
    // As a client does that tries again after a lost answer.
    const twice: DeltaStorage = {
      ...storage,
      uri: storage.uri,
      async putIfAbsent(name, bytes) {
        await storage.putIfAbsent(name, bytes);
        return await storage.putIfAbsent(name, bytes);
      },
    };
    const { create } = given(db, dir, twice);
    const table = await create();
    for (const version of [1, 2, 3]) {
      const committed = await table.append(numbers(version), { txn: { appId: "a", version } });
      assert.deepEqual([committed.version, committed.rivals], [version, []]);
    }
    assert.deepEqual(await numbersIn(db, table), [1, 2, 3]);
  }));

Deno.test("A storage that fails before it stores ends the commit with its own words", () =>
  withDisk(async ({ db, dir, storage }) => {
    let isDown = false;
    const { create } = given(db, dir, {
      ...storage,
      uri: storage.uri,
      putIfAbsent(name, bytes) {
        if (!isDown) return storage.putIfAbsent(name, bytes);
        throw new OutsideError("Cannot write: no answer", { retryable: true });
      },
    });
    const table = await create();
    isDown = true;
    assert.match(await messageOf(table.append(numbers(1)), OutsideError), /no answer/);
    isDown = false;
    assert.equal((await table.append(numbers(2))).version, 1);
    assert.deepEqual(await numbersIn(db, table), [2]);
  }));

Deno.test("Many writers at once leave no gap, lose nothing and double nothing", () =>
  withDisk(async ({ create, open, db, storage }) => {
    await create();
    const writers = await Promise.all(
      Array.from({ length: 4 }, () => open({ checkpointEvery: 5 })),
    );
    await Promise.all(writers.map(async (table, writer) => {
      for (let at = 0; at < 8; at++) {
        await table.append(numbers(writer * 100 + at), {
          txn: { appId: `writer-${writer}`, version: at + 1 },
        });
      }
    }));
    const table = await open();
    assert.equal(table.version, 32);
    const expected = [0, 1, 2, 3].flatMap((w) =>
      [0, 1, 2, 3, 4, 5, 6, 7].map((at) => w * 100 + at)
    );
    assert.deepEqual(await numbersIn(db, table), expected);
    const names = (await storage.list("_delta_log/")).filter(({ name }) => name.endsWith(".json"));
    assert.equal(names.length, 33);
    for (const writer of [0, 1, 2, 3]) assert.equal(table.txnVersion(`writer-${writer}`), 8);
  }));

Deno.test("Two workers with one id: one commits each number, the other is told", () =>
  withDisk(async ({ create, open, db }) => {
    await create();
    const workers = [await open(), await open()];
    const outcomes = await Promise.allSettled(
      workers.map((table, at) => table.append(numbers(at), { txn: { appId: "one", version: 1 } })),
    );
    const failed = outcomes.filter((outcome) => outcome.status === "rejected");
    assert.equal(failed.length, 1);
    assert.ok(failed[0]?.reason instanceof Fenced);
    assert.deepEqual([failed[0].reason.appId, failed[0].reason.tableVersion], ["one", 1]);
    assert.equal((await numbersIn(db, await open())).length, 1);
  }));
