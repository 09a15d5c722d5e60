/** A writer that dies at each of its steps, and the next one that opens the table. */
import assert from "node:assert/strict";
import { type DeltaStorage, diskStorage } from "../../../pipelines/delta/mod.ts";
import { OutsideError } from "../../../pipelines/errors.ts";
import type { Step } from "../../../pipelines/steps.ts";
import { openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import {
  type Given,
  given,
  killAt,
  Killed,
  messageOf,
  numbers,
  numbersIn,
  withDisk,
} from "./helper.ts";

interface Crash {
  step: Step;
  /** What the writer does when it dies. */
  doing: "append" | "checkpoint" | "compact" | "overwrite";
  /** Whether it is done all the same. */
  isDone: boolean;
}

const crashes: Crash[] = [
  { step: "parquet-written", doing: "append", isDone: false },
  { step: "commit-staged", doing: "append", isDone: false },
  { step: "commit-stored", doing: "append", isDone: true },
  { step: "parquet-written", doing: "overwrite", isDone: false },
  { step: "commit-staged", doing: "overwrite", isDone: false },
  { step: "commit-stored", doing: "overwrite", isDone: true },
  { step: "checkpoint-staged", doing: "checkpoint", isDone: false },
  { step: "checkpoint-stored", doing: "checkpoint", isDone: false },
  { step: "parquet-written", doing: "compact", isDone: false },
  { step: "compaction-staged", doing: "compact", isDone: false },
  { step: "commit-staged", doing: "compact", isDone: false },
  { step: "commit-stored", doing: "compact", isDone: true },
];

const after = {
  append: [1, 2, 9],
  overwrite: [9],
  checkpoint: [1, 2],
  compact: [1, 2],
};

Deno.test("A writer that dies is taken up by the next one", async (test) => {
  await using db = await openDuckDb({ threads: 1 });
  for (const crash of crashes) {
    const { step, doing, isDone } = crash;
    const name = `Dying at ${step} of ${doing} leaves it ${isDone ? "done" : "undone"}`;
    await test.step(name, () => withDisk((disk) => die(crash, disk), db));
  }
});

async function die({ step, doing, isDone }: Crash, disk: Given): Promise<void> {
  const { db, dir, create, open } = disk;
  const table = await create({ checkpointEvery: 0 });
  await table.append(numbers(1), { txn: { appId: "a", version: 1 }, info: { at: 1 } });
  await table.append(numbers(2));

  const onStep = killAt(step);
  const doomed = await given(db, dir, diskStorage(`${dir}/table`, { onStep }))
    .open({ onStep, checkpointEvery: 0 });
  const txn = { appId: "a", version: 2 };
  const work = {
    append: () => doomed.append(numbers(9), { txn, info: { at: 2 } }),
    overwrite: () => doomed.overwrite(numbers(9), { txn, info: { at: 2 } }),
    checkpoint: () => doomed.checkpoint(),
    compact: () => doomed.compact({ minFiles: 2 }),
  };
  await assert.rejects(work[doing](), Killed);

  const next = await open({ checkpointEvery: 1 });
  assert.equal(next.version, isDone ? 3 : 2);
  assert.deepEqual(await numbersIn(db, next), isDone ? after[doing] : [1, 2]);
  const writes = doing === "append" || doing === "overwrite";
  assert.equal(next.txnVersion("a"), isDone && writes ? 2 : 1);
  assert.equal((await next.newestInfo("a"))?.info["at"], isDone && writes ? 2 : 1);

  await next.append(numbers(50));
  await next.compact({ minFiles: 2 });
  const last = await open();
  const expected = isDone ? after[doing] : [1, 2];
  assert.deepEqual(await numbersIn(db, last), [...expected, 50]);
}

Deno.test("A disk that fills in the middle of a file leaves the table as it was", () =>
  withDisk(async ({ db, dir, storage, open, create }) => {
    await create();
    let isFull = false;
    const full = () =>
      Promise.reject(
        new OutsideError("Cannot write: No space left on device (os error 28)", {
          retryable: false,
        }),
      );
    // Part of the bytes arrive, under the name that a writer in the middle of it uses.
    const half = async (name: string, bytes: Uint8Array) => {
      await Deno.writeFile(
        `${dir}/table/${name.replace(/([^/]+)$/, ".$1.tmp")}`,
        bytes.subarray(0, bytes.length >> 1),
      );
      return await full();
    };
    const filling: DeltaStorage = {
      ...storage,
      uri: storage.uri,
      put: (name, bytes) => isFull ? half(name, bytes) : storage.put(name, bytes),
      putIfAbsent: (name, bytes) => isFull ? half(name, bytes) : storage.putIfAbsent(name, bytes),
      putFile: async (name, path) =>
        isFull && name.includes("checkpoint")
          ? await half(name, await Deno.readFile(path))
          : await storage.putFile(name, path),
    };
    const troubles: string[] = [];
    const table = await given(db, dir, filling).open({
      checkpointEvery: 1,
      onTrouble: ({ message }) => troubles.push(message),
    });
    await table.append(numbers(1));
    isFull = true;
    assert.match(await messageOf(table.append(numbers(2)), OutsideError), /No space left/);
    assert.match(await messageOf(table.checkpoint(), OutsideError), /No space left/);
    assert.deepEqual(await numbersIn(db, await open()), [1]);
    isFull = false;
    await table.append(numbers(3));
    assert.deepEqual(await numbersIn(db, await open()), [1, 3]);
    assert.deepEqual(troubles, []);
  }));
