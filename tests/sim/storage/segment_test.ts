import assert from "node:assert/strict";
import { noFaults } from "../../../sim/faults/plan.ts";
import { decodeRecordBatch, encodeRecordBatch } from "../../../sim/storage/record_batch.ts";
import { completeBatches } from "../../../sim/storage/record_batch.ts";
import { SegmentLog } from "../../../sim/storage/segment_log.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const batchOf = (texts: string[]) =>
  encodeRecordBatch(texts.map((value) => ({ key: null, value: utf8(value) })), {
    timestampMs: 1000,
  });

/** Three batches, at offsets 0, 2 and 3, and where each begins in the file. */
const batches = [["a", "b"], ["c"], ["d", "e", "f"]];
const sizes = batches.map((texts) => batchOf(texts).length);
const starts = [0, sizes[0]!, sizes[0]! + sizes[1]!, sizes[0]! + sizes[1]! + sizes[2]!];
const records = batches.map((texts, index) =>
  texts.map((text, at) => `${[0, 2, 3][index]! + at} ${text}`)
);

interface Opened {
  values: string[];
  endOffset: bigint;
  told: string[];
}

/** Opens the log and reads all of it, as a reader would who knows no offset but the first. */
function openAndRead(dir: string, segmentBytes = 1_000_000): Opened {
  const told: string[] = [];
  const tell = (sentence: string) => told.push(sentence);
  using log = new SegmentLog(dir, { faults: noFaults, segmentBytes, tell });
  const values: string[] = [];
  for (let offset = log.startOffset; offset < log.endOffset;) {
    const found = [...completeBatches(log.read(offset, 100))].flatMap((batch) =>
      decodeRecordBatch(batch).records
    );
    if (found.length === 0) break;
    for (const { offset: at, value } of found) {
      values.push(`${at} ${new TextDecoder().decode(value!)}`);
    }
    offset = found.at(-1)!.offset + 1n;
  }
  return { values, endOffset: log.endOffset, told };
}

function fill(dir: string, segmentBytes = 1_000_000): void {
  using log = new SegmentLog(dir, { faults: noFaults, segmentBytes });
  for (const texts of batches) log.append(batchOf(texts));
}

/** As `kill -9` leaves it: nobody has said where the log ends. */
function forgetEnd(dir: string): void {
  for (const name of ["end", "end.copy"]) Deno.removeSync(`${dir}/${name}`);
}

function cutsIn(dir: string): { name: string; bytes: Uint8Array }[] {
  return [...Deno.readDirSync(dir)].filter(({ name }) => name.includes(".cut-"))
    .map(({ name }) => ({ name, bytes: Deno.readFileSync(`${dir}/${name}`) }));
}

function inDirs(test: (dir: string) => void): void {
  const dir = Deno.makeTempDirSync();
  try {
    test(dir);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

const batchAt = (position: number) => starts.findLastIndex((start) => start <= position);

/** Both a log of one file, which is the one being written, and one of three, two of them full. */
for (const segmentBytes of [1_000_000, 1]) {
  const kind = segmentBytes === 1 ? "full segments" : "the segment being written";
  const fileOf = (batch: number) =>
    `${String(segmentBytes === 1 ? [0, 2, 3][batch] : 0).padStart(20, "0")}.log`;
  const placeOf = (at: number) => segmentBytes === 1 ? at - starts[batchAt(at)]! : at;

  Deno.test(`A flipped byte anywhere in ${kind} costs its batch at most, and is told`, () =>
    inDirs((dir) => {
      for (const isCrashed of [false, true]) {
        for (let at = 0; at < starts.at(-1)!; at++) {
          const logDir = `${dir}/${isCrashed}-${at}`;
          fill(logDir, segmentBytes);
          if (isCrashed) forgetEnd(logDir);
          const [hit, place] = [batchAt(at), placeOf(at)];
          const path = `${logDir}/${fileOf(hit)}`;
          const bytes = Deno.readFileSync(path);
          bytes[place]! ^= 1 << (at % 8);
          Deno.writeFileSync(path, bytes);
          const { values, endOffset, told } = openAndRead(logDir, segmentBytes);
          const others = records.filter((_, index) => index !== hit).flat();
          const isMended = values.length === 6;
          assert.deepEqual(values, isMended ? records.flat() : others, `byte ${at}`);
          // Of the header the checksum leaves out place, length, epoch and format: 17 bytes.
          assert.equal(isMended, at - starts[hit]! < 17, `byte ${at}`);
          assert.ok(endOffset >= 6n, `byte ${at}: ${endOffset}`);
          assert.equal(told.length, 1, told.join("\n"));
          assert.ok(
            told[0]?.startsWith(`${path}: ${isMended ? "mended" : "cut"} `),
            String(told[0]),
          );
          const first = segmentBytes === 1 ? 0 : starts[hit]!;
          const damaged = bytes.subarray(first, first + sizes[hit]!);
          assert.deepEqual(
            cutsIn(logDir),
            isMended ? [] : [{ name: `${fileOf(hit)}.cut-${first}`, bytes: damaged }],
          );
          if (!isMended) {
            assert.match(told[0]!, /gone: (one record|[0-9]+ records), offsets? [0-5]/);
          }
          const again = openAndRead(logDir, segmentBytes);
          assert.deepEqual(again, { values, endOffset, told: [] }, `byte ${at}`);
        }
      }
    }));
}

Deno.test("A log cut at any length after a crash loses its last batch, says so, and keeps the bytes", () =>
  inDirs((dir) => {
    for (let size = 0; size < starts.at(-1)!; size++) {
      const logDir = `${dir}/${size}`;
      fill(logDir);
      forgetEnd(logDir);
      const path = `${logDir}/${fileName}`;
      Deno.truncateSync(path, size);
      const torn = Deno.readFileSync(path).subarray(starts[batchAt(size)]);
      const { values, endOffset, told } = openAndRead(logDir);
      const whole = records.slice(0, batchAt(size)).flat();
      assert.deepEqual(values, whole, `size ${size}`);
      assert.equal(endOffset, BigInt(whole.length));
      assert.equal(told.length, torn.length > 0 ? 1 : 0, told.join("\n"));
      assert.deepEqual(cutsIn(logDir).map(({ bytes }) => bytes), torn.length > 0 ? [torn] : []);
      if (torn.length > 0) {
        const where = `${torn.length} bytes at byte ${starts[batchAt(size)]}`;
        assert.ok(
          told[0]?.startsWith(`${path}: cut ${where}, a batch that was not`),
          String(told[0]),
        );
      }
      assert.deepEqual(openAndRead(logDir), { values, endOffset, told: [] });
    }
  }));

Deno.test("A log cut at any length after it was closed never gives a lost offset again", () =>
  inDirs((dir) => {
    for (let size = 0; size < starts.at(-1)!; size++) {
      const logDir = `${dir}/${size}`;
      fill(logDir);
      Deno.truncateSync(`${logDir}/${fileName}`, size);
      const { values, told } = openAndRead(logDir);
      const whole = records.slice(0, batchAt(size)).flat();
      assert.deepEqual(values, whole, `size ${size}`);
      const lost = 6 - whole.length;
      const gone = lost === 1
        ? "one record, offset 5"
        : `${lost} records, offsets ${6 - lost} to 5`;
      const isTorn = size > starts[batchAt(size)]!;
      assert.equal(told.length, 1, told.join("\n"));
      assert.ok(
        told[0]?.includes(`${isTorn ? "gone" : "missing at its end"}: ${gone}`),
        String(told[0]),
      );
      {
        using log = new SegmentLog(logDir, { faults: noFaults });
        assert.equal(log.append(batchOf(["new"])), 6n);
      }
      assert.deepEqual(openAndRead(logDir), {
        values: [...whole, "6 new"],
        endOffset: 7n,
        told: [],
      });
    }
  }));

const fileName = "00000000000000000000.log";

Deno.test("A missing file of a log that was closed is told, whichever it is", () =>
  inDirs((dir) => {
    for (const [batch, base] of [0, 2, 3].entries()) {
      const logDir = `${dir}/${base}`;
      fill(logDir, 1);
      Deno.removeSync(`${logDir}/${String(base).padStart(20, "0")}.log`);
      const { values, endOffset, told } = openAndRead(logDir, 1);
      assert.deepEqual(values, records.filter((_, index) => index !== batch).flat());
      assert.equal(endOffset, 6n);
      assert.equal(told.length, 1, `${told}`);
      assert.match(
        told[0]!,
        /: missing at its (end|beginning): (one|2|3) records?, offsets? /,
      );
      assert.deepEqual(openAndRead(logDir, 1), { values, endOffset, told: [] });
    }
  }));

Deno.test("Bytes inside of a record that look like a batch are never taken for one", () =>
  inDirs((dir) => {
    const inner = batchOf(["forged"]);
    {
      using log = new SegmentLog(dir, { faults: noFaults });
      log.append(batchOf(["a"]));
      log.append(encodeRecordBatch([{ key: null, value: inner }], { timestampMs: 1 }));
      log.append(batchOf(["z"]));
    }
    const path = `${dir}/${fileName}`;
    const bytes = Deno.readFileSync(path);
    bytes[batchOf(["a"]).length + 30]! ^= 1; // The outer batch's time.
    Deno.writeFileSync(path, bytes);
    assert.deepEqual(openAndRead(dir).values, ["0 a", "2 z"]);
  }));

Deno.test("Rubbish between two batches goes, and both stay", () =>
  inDirs((dir) => {
    fill(dir);
    const path = `${dir}/${fileName}`;
    const bytes = Deno.readFileSync(path);
    const rubbish = new Uint8Array(100).fill(7);
    const parts = [bytes.subarray(0, starts[1]), rubbish, bytes.subarray(starts[1])];
    Deno.writeFileSync(path, new Uint8Array(parts.flatMap((part) => [...part])));
    const { values, told } = openAndRead(dir);
    assert.deepEqual(values, records.flat());
    assert.equal(told.length, 1);
    assert.deepEqual(cutsIn(dir).map(({ bytes }) => bytes), [rubbish]);
  }));
