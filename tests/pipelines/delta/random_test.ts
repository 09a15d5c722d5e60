/** Random histories: two writers, deaths at any step, lost answers; judged by a list of numbers. */
import assert from "node:assert/strict";
import { type DeltaStorage, diskStorage } from "../../../pipelines/delta/mod.ts";
import { OutsideError } from "../../../pipelines/errors.ts";
import { openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import { type Given, given, Killed, numbers, numbersIn, withDisk } from "./helper.ts";

/** Chance from one seed (mulberry32). */
function diceOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** Dies at the nth step of any kind; loses the answers to the commits that chance picks. */
function trouble(disk: Given, dice: (below: number) => number) {
  const fate = { stepsLeft: Infinity, deaths: 0, lost: 0 };
  const onStep = () => {
    if (--fate.stepsLeft > 0) return;
    fate.stepsLeft = Infinity;
    fate.deaths++;
    throw new Killed();
  };
  const onDisk = diskStorage(disk.storage.uri, { onStep });
  const storage: DeltaStorage = {
    ...onDisk,
    uri: onDisk.uri,
    async putIfAbsent(name, bytes) {
      const outcome = await onDisk.putIfAbsent(name, bytes);
      if (dice(4) > 0) return outcome;
      fate.lost++;
      throw new OutsideError("Cannot write: the answer was lost", { retryable: true });
    },
  };
  const open = () => given(disk.db, disk.dir, storage).open({ onStep, checkpointEvery: 3 });
  return { fate, open };
}

async function live(disk: Given, seed: number): Promise<{ deaths: number; lost: number }> {
  const dice = diceOf(seed);
  await disk.create();
  const { fate, open } = trouble(disk, dice);
  const rival = await disk.open({ checkpointEvery: 0 });
  let table = await open();
  let expected: number[] = [];
  /** What will be there if the batch under way is committed. */
  let hoped = expected;
  let [number, batch] = [0, 0];

  const write = async (kind: "append" | "overwrite") => {
    const added = [++number, ++number];
    hoped = kind === "append" ? [...expected, ...added] : added;
    batch++;
    await table[kind](numbers(...added), { txn: { appId: "a", version: batch } });
    expected = hoped;
  };
  const works = [
    () => write("append"),
    () => write("append"),
    () => table.compact({ minFiles: 2 }),
    () => table.checkpoint(),
    async () => {
      await table.refresh();
      await write("overwrite");
    },
    async () => {
      await rival.append(numbers(++number));
      expected = [...expected, number];
    },
  ];
  for (let at = 0; at < 20; at++) {
    if (dice(2) === 0) fate.stepsLeft = 1 + dice(4);
    const committed = batch;
    try {
      await works[dice(works.length)]?.();
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      table = await open();
      const reached = table.txnVersion("a") ?? 0;
      if (reached > committed) expected = hoped;
      batch = reached;
    }
    const found = await numbersIn(disk.db, await disk.open());
    assert.deepEqual(found, expected.toSorted((a, b) => a - b), `seed ${seed}, after ${at}`);
  }
  return fate;
}

Deno.test("Whatever happens to two writers, the table holds what was committed", async (test) => {
  await using db = await openDuckDb({ threads: 1 });
  const seen = { deaths: 0, lost: 0 };
  for (const seed of [1, 2, 3, 4]) {
    await test.step(`seed ${seed}`, () =>
      withDisk(async (disk) => {
        const { deaths, lost } = await live(disk, seed);
        seen.deaths += deaths;
        seen.lost += lost;
      }, db));
  }
  assert.ok(seen.deaths > 10 && seen.lost > 5, `${seen.deaths} deaths, ${seen.lost} lost`);
});
