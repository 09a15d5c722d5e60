import assert from "node:assert/strict";
import fc from "fast-check";
import { noFaults } from "../../../sim/faults/plan.ts";
import { StorageError } from "../../../sim/storage/append_file.ts";
import {
  type BatchHeader,
  completeBatches,
  decodeRecordBatch,
  encodeRecordBatch,
} from "../../../sim/storage/record_batch.ts";
import { SegmentLog, type SegmentLogOptions } from "../../../sim/storage/segment_log.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const text = (bytes: Uint8Array | null) => bytes && new TextDecoder().decode(bytes);

/** A batch of one record per text. */
const batchOf = (texts: string[], timestampMs = 1000) =>
  encodeRecordBatch(texts.map((value) => ({ key: null, value: utf8(value) })), { timestampMs });

const valuesIn = (bytes: Uint8Array) =>
  [...completeBatches(bytes)].flatMap((batch) =>
    decodeRecordBatch(batch).records.map(({ offset, value }) => `${offset} ${text(value)}`)
  );

/** Everything from `offset` on, read in bites of `bytesMax`. */
function valuesFrom(log: SegmentLog, offset: bigint, bytesMax: number): string[] {
  const values: string[] = [];
  while (offset < log.endOffset) {
    const found = valuesIn(log.read(offset, bytesMax));
    assert.ok(found.length > 0, `nothing at ${offset}`);
    values.push(...found.filter((value) => BigInt(value.split(" ")[0]!) >= offset));
    offset = BigInt(values.at(-1)!.split(" ")[0]!) + 1n;
  }
  return values;
}

function withDir(test: (dir: string) => void): () => void {
  return () => {
    const dir = Deno.makeTempDirSync();
    try {
      test(dir);
    } finally {
      Deno.removeSync(dir, { recursive: true });
    }
  };
}

const open = (dir: string, options: Partial<SegmentLogOptions> = {}) =>
  new SegmentLog(dir, { faults: noFaults, ...options });

Deno.test(
  "A read from inside a batch returns the whole batch",
  withDir((dir) => {
    using log = open(dir);
    assert.equal(log.append(batchOf(["a", "b", "c"])), 0n);
    assert.equal(log.append(batchOf(["d"])), 3n);
    assert.deepEqual(valuesIn(log.read(1n, 10_000)), ["0 a", "1 b", "2 c", "3 d"]);
    assert.deepEqual(valuesIn(log.read(3n, 10_000)), ["3 d"]);
    assert.equal(log.read(4n, 10_000).length, 0);
  }),
);

Deno.test(
  "A read gives at least one batch, however large, unless told otherwise",
  withDir((dir) => {
    using log = open(dir);
    log.append(batchOf(["x".repeat(100_000)]));
    log.append(batchOf(["y"]));
    assert.deepEqual(valuesIn(log.read(0n, 10)), [`0 ${"x".repeat(100_000)}`]);
    assert.equal(log.read(0n, 10, { atLeastOne: false }).length, 0);
    assert.equal(log.read(1n, 0, { atLeastOne: false }).length, 0);
  }),
);

Deno.test(
  "Offsets outside of the log are refused",
  withDir((dir) => {
    using log = open(dir);
    log.append(batchOf(["a", "b"]));
    assert.throws(() => log.read(3n, 100), RangeError);
    log.deleteBefore(1n);
    assert.throws(() => log.read(0n, 100), RangeError);
    assert.throws(() => log.deleteBefore(3n), RangeError);
  }),
);

Deno.test(
  "A log reads the same whatever its segments, bites and restarts",
  withDir((dir) => {
    let run = 0;
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.string({ maxLength: 60 }), { minLength: 1, maxLength: 5 }), {
          maxLength: 40,
        }),
        fc.integer({ min: 1, max: 1500 }),
        fc.integer({ min: 1, max: 3000 }),
        fc.nat(),
        (batches, segmentBytes, bytesMax, pick) => {
          const runDir = `${dir}/${run++}`;
          const expected = batches.flat().map((value, offset) => `${offset} ${value}`);
          const half = batches.length >> 1;
          {
            using log = open(runDir, { segmentBytes });
            for (const batch of batches.slice(0, half)) log.append(batchOf(batch));
          }
          using log = open(runDir, { segmentBytes });
          for (const batch of batches.slice(half)) log.append(batchOf(batch));
          assert.deepEqual(valuesFrom(log, 0n, bytesMax), expected);
          const offset = pick % (expected.length + 1);
          assert.deepEqual(valuesFrom(log, BigInt(offset), bytesMax), expected.slice(offset));
        },
      ),
      { numRuns: 60 },
    );
  }),
);

Deno.test(
  "A log that lost its state file makes it again from the records",
  withDir((dir) => {
    const counter = () => {
      const state = {
        count: 0,
        save: () => utf8(String(state.count)),
        load: (saved: Uint8Array | null) => state.count = Number(text(saved) ?? 0),
        add: (_: BatchHeader) => void state.count++,
      };
      return state;
    };
    const damages: ((path: string) => void)[] = [
      (path) => Deno.removeSync(path),
      (path) => Deno.writeFileSync(path, new Uint8Array()),
      (path) => Deno.writeFileSync(path, Deno.readFileSync(path).map((byte) => byte ^ 1)),
    ];
    for (const [run, damage] of damages.entries()) {
      const logDir = `${dir}/${run}`;
      {
        using log = open(logDir, { segmentBytes: 500, state: counter() });
        for (let index = 0; index < 50; index++) log.append(batchOf(["v"]));
      }
      const names = [...Deno.readDirSync(logDir)].map(({ name }) => name).sort();
      const newest = names.findLast((name) => name.endsWith(".state"))!;
      damage(`${logDir}/${newest}`);
      const told: string[] = [];
      for (let start = 0; start < 2; start++) {
        const state = counter();
        const tell = (sentence: string) => told.push(sentence);
        using _log = open(logDir, { segmentBytes: 500, state, tell });
        assert.equal(state.count, 50);
      }
      assert.equal(told.length, 1);
      assert.ok(told[0]?.startsWith(`${logDir}/${newest} `), String(told[0]));
    }
  }),
);

Deno.test(
  "A full disk refuses the batch, and the log goes on where it was",
  withDir((dir) => {
    let isFull = false;
    using log = open(dir, { faults: { strikes: () => isFull } });
    log.append(batchOf(["a"]));
    isFull = true;
    assert.throws(() => log.append(batchOf(["lost"])), StorageError);
    assert.equal(log.endOffset, 1n);
    isFull = false;
    assert.equal(log.append(batchOf(["b"])), 1n);
    using again = open(dir);
    assert.deepEqual(valuesFrom(again, 0n, 1000), ["0 a", "1 b"]);
  }),
);

Deno.test(
  "A disk that fills while a segment begins leaves a log that reads and goes on",
  withDir((dir) => {
    let isFull = false;
    const state = { save: () => new Uint8Array(1), load: () => {}, add: () => {} };
    using log = open(dir, { segmentBytes: 1, faults: { strikes: () => isFull }, state });
    log.append(batchOf(["a"]));
    isFull = true;
    assert.throws(() => log.append(batchOf(["lost"])), StorageError);
    isFull = false;
    log.append(batchOf(["b"]));
    log.append(batchOf(["c"]));
    assert.deepEqual(valuesFrom(log, 0n, 1000), ["0 a", "1 b", "2 c"]);
  }),
);

Deno.test(
  "A missing or wrong index is made again",
  withDir((dir) => {
    {
      using log = open(dir, { segmentBytes: 1000 });
      for (let index = 0; index < 100; index++) log.append(batchOf([`${index}`.repeat(100)]));
    }
    const indexes = [...Deno.readDirSync(dir)].filter(({ name }) => name.endsWith(".index"));
    assert.ok(indexes.length > 5);
    Deno.removeSync(`${dir}/${indexes[0]!.name}`);
    Deno.writeFileSync(`${dir}/${indexes[1]!.name}`, new Uint8Array(48));
    using log = open(dir);
    assert.equal(valuesFrom(log, 0n, 500).length, 100);
  }),
);

Deno.test(
  "A time finds the first record that is not older, in segments and in batches",
  withDir((dir) => {
    using log = open(dir, { segmentBytes: 300 });
    for (let index = 0; index < 20; index++) {
      const records = [0, 5].map((ms) => ({
        key: null,
        value: utf8("v"),
        timestampMs: 1000 + index * 10 + ms,
      }));
      log.append(encodeRecordBatch(records, { timestampMs: 1000 + index * 10 }));
    }
    assert.deepEqual(log.offsetForTime(0n), { offset: 0n, timestampMs: 1000n });
    assert.deepEqual(log.offsetForTime(1105n), { offset: 21n, timestampMs: 1105n });
    assert.deepEqual(log.offsetForTime(1106n), { offset: 22n, timestampMs: 1110n });
    assert.equal(log.offsetForTime(1196n), null);
    assert.deepEqual(log.maxTimestamp(), { offset: 39n, timestampMs: 1195n });
    log.deleteBefore(22n);
    assert.deepEqual(log.offsetForTime(0n), { offset: 22n, timestampMs: 1110n });
  }),
);

Deno.test(
  "A time in a log with one batch, half of it deleted, skips to the next",
  withDir((dir) => {
    using log = open(dir);
    log.append(batchOf(["a", "b"], 500));
    log.append(batchOf(["c"], 400));
    log.deleteBefore(2n);
    assert.deepEqual(log.offsetForTime(1n), { offset: 2n, timestampMs: 400n });
    assert.equal(log.offsetForTime(450n), null);
  }),
);

Deno.test(
  "Deleting records deletes segments that hold no others, and lasts",
  withDir((dir) => {
    const segments = () => [...Deno.readDirSync(dir)].filter(({ name }) => name.endsWith(".log"));
    {
      using log = open(dir, { segmentBytes: 1 });
      for (const value of ["a", "b", "c", "d"]) log.append(batchOf([value]));
      assert.equal(segments().length, 4);
      log.deleteBefore(2n);
      assert.equal(segments().length, 2);
      assert.deepEqual(valuesFrom(log, 2n, 1000), ["2 c", "3 d"]);
      log.deleteBefore(4n);
      assert.equal(segments().length, 1);
    }
    using log = open(dir, { segmentBytes: 1 });
    assert.equal(log.startOffset, 4n);
    assert.equal(log.append(batchOf(["e"])), 4n);
    assert.deepEqual(valuesFrom(log, 4n, 1000), ["4 e"]);
  }),
);

Deno.test(
  "Retention deletes whole segments, the oldest first, and never the one being written",
  withDir((dir) => {
    using log = open(dir, { segmentBytes: 1 });
    for (let index = 0; index < 10; index++) log.append(batchOf(["v"], index));
    const batchBytes = log.sizeBytes / 10;
    log.retainBytes(batchBytes * 4);
    assert.equal(log.startOffset, 6n);
    log.retainSince(8n);
    assert.equal(log.startOffset, 8n);
    log.retainSince(1_000_000n);
    log.retainBytes(0);
    assert.equal(log.startOffset, 9n);
  }),
);

Deno.test(
  "The owner's state is saved where a segment begins and brought up to date from there",
  withDir((dir) => {
    const counter = () => {
      const state = {
        count: 0,
        added: 0,
        save: () => utf8(String(state.count)),
        load: (saved: Uint8Array | null) => state.count = Number(text(saved) ?? 0),
        add(_: BatchHeader) {
          state.count++;
          state.added++;
        },
      };
      return state;
    };
    const first = counter();
    {
      using log = open(dir, { segmentBytes: 500, state: first });
      for (let index = 0; index < 50; index++) log.append(batchOf(["v"]));
    }
    const second = counter();
    using _log = open(dir, { segmentBytes: 500, state: second });
    assert.equal(second.count, 50);
    assert.ok(second.added < 20, `${second.added} batches were walked through again`);
  }),
);
