import assert from "node:assert/strict";
import { noFaults } from "../../../../sim/faults/plan.ts";
import { type CommittedOffset, Offsets } from "../../../../sim/kafka/groups/offsets.ts";
import { StorageError } from "../../../../sim/storage/append_file.ts";

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

const commit = (topic: string, partition: number, offset: bigint): CommittedOffset => ({
  topic,
  partition,
  offset,
  leaderEpoch: 0,
  metadata: 'a "note"\n',
});

Deno.test(
  "Committed offsets are there after a restart, the latest of each partition",
  withDir((dir) => {
    {
      using offsets = new Offsets(dir, noFaults);
      offsets.commit("a", [commit("t", 0, 1n), commit("t", 1, 2n)]);
      offsets.commit("a", [commit("t", 0, 9_007_199_254_740_993n)]);
      offsets.commit("b", [commit("t", 0, 3n)]);
      offsets.forget("b");
    }
    using offsets = new Offsets(dir, noFaults);
    assert.deepEqual(offsets.of("a"), [
      commit("t", 0, 9_007_199_254_740_993n),
      commit("t", 1, 2n),
    ]);
    assert.deepEqual(offsets.groups(), ["a"]);
  }),
);

Deno.test(
  "A journal cut anywhere in its last line loses that commit only",
  withDir((dir) => {
    const path = `${dir}/offsets.jsonl`;
    {
      using offsets = new Offsets(dir, noFaults);
      offsets.commit("a", [commit("t", 0, 1n)]);
    }
    const whole = Deno.statSync(path).size;
    {
      using offsets = new Offsets(dir, noFaults);
      offsets.commit("a", [commit("t", 0, 2n)]);
    }
    const bytes = Deno.readFileSync(path);
    for (let size = whole; size < bytes.length; size++) {
      Deno.writeFileSync(path, bytes.subarray(0, size));
      using offsets = new Offsets(dir, noFaults);
      assert.equal(offsets.get("a", "t", 0)?.offset, 1n);
      offsets.commit("a", [commit("t", 0, 3n)]);
      using again = new Offsets(dir, noFaults);
      assert.equal(again.get("a", "t", 0)?.offset, 3n);
    }
  }),
);

Deno.test(
  "A deleted topic's offsets are forgotten, the group's others are not",
  withDir((dir) => {
    using offsets = new Offsets(dir, noFaults);
    offsets.commit("a", [commit("gone", 0, 1n), commit("kept", 0, 2n)]);
    offsets.commit("b", [commit("gone", 0, 1n)]);
    offsets.forgetTopic("gone");
    assert.deepEqual(offsets.of("a"), [commit("kept", 0, 2n)]);
    using again = new Offsets(dir, noFaults);
    assert.deepEqual(again.groups(), ["a"]);
  }),
);

Deno.test(
  "A full disk commits nothing",
  withDir((dir) => {
    let isFull = false;
    using offsets = new Offsets(dir, { strikes: () => isFull });
    offsets.commit("a", [commit("t", 0, 1n)]);
    isFull = true;
    assert.throws(() => offsets.commit("a", [commit("t", 0, 2n)]), StorageError);
    assert.equal(offsets.get("a", "t", 0)?.offset, 1n);
    isFull = false;
    using again = new Offsets(dir, noFaults);
    assert.equal(again.get("a", "t", 0)?.offset, 1n);
  }),
);

Deno.test(
  "The journal does not grow with the number of commits",
  withDir((dir) => {
    using offsets = new Offsets(dir, noFaults);
    const metadata = "x".repeat(4000);
    for (let offset = 0n; offset < 2000n; offset++) {
      offsets.commit("a", [{ ...commit("t", 0, offset), metadata }]);
    }
    assert.ok(Deno.statSync(`${dir}/offsets.jsonl`).size < 1_100_000);
    using again = new Offsets(dir, noFaults);
    assert.equal(again.get("a", "t", 0)?.offset, 1999n);
  }),
);

/** Opens the journal twice; only the first time may have something to tell. */
function openDamaged(dir: string): { offsets: CommittedOffset[]; told: string[] } {
  const told: string[] = [];
  const tell = (sentence: string) => told.push(sentence);
  new Offsets(dir, noFaults, { isNew: false, tell })[Symbol.dispose]();
  const toldCount = told.length;
  using offsets = new Offsets(dir, noFaults, { isNew: false, tell });
  assert.equal(told.length, toldCount);
  return { offsets: ["a", "b", "c"].flatMap((group) => offsets.of(group)), told };
}

Deno.test(
  "A flipped byte anywhere in a journal costs one commit at most, and is told",
  withDir((dir) => {
    const path = `${dir}/offsets.jsonl`;
    const commits = [commit("t", 0, 1n), commit("t", 1, 2n), commit("t", 2, 3n)];
    {
      using offsets = new Offsets(dir, noFaults);
      for (const [index, one] of commits.entries()) offsets.commit("abc"[index]!, [one]);
    }
    const whole = Deno.readFileSync(path);
    const lineOf = (at: number) => whole.subarray(0, at).filter((byte) => byte === 10).length;
    for (let at = 0; at < whole.length; at++) {
      const damaged = whole.map((byte, index) => index === at ? byte ^ (1 << (at % 8)) : byte);
      Deno.writeFileSync(path, damaged);
      const { offsets, told } = openDamaged(dir);
      // The first line holds no commit; the end of one line is the beginning of the next.
      const isEnd = whole[at] === 10;
      const hit = isEnd ? [lineOf(at), lineOf(at) + 1] : [lineOf(at)];
      const left = commits.filter((_, index) => !hit.includes(index + 1));
      assert.deepEqual(offsets, left, `byte ${at}`);
      assert.ok(told.length >= 1 && told.length <= 2, told.join("\n"));
      assert.ok(told.every((sentence) => sentence.startsWith(`${path}: cut `)));
      const kept = told.map((sentence) => Deno.readFileSync(/ kept as (\S+)$/.exec(sentence)![1]!));
      const start = at === 0 ? 0 : whole.lastIndexOf(10, at - 1) + 1;
      const size = kept.reduce((sum, { length }) => sum + length, 0);
      const bytes = new Uint8Array(kept.flatMap((part) => [...part]));
      assert.deepEqual(bytes, damaged.subarray(start, start + size));
    }
  }),
);

Deno.test(
  "A journal that is missing or empty where there was one is told",
  withDir((dir) => {
    new Offsets(dir, noFaults)[Symbol.dispose]();
    const path = `${dir}/offsets.jsonl`;
    assert.deepEqual(openDamaged(dir), { offsets: [], told: [] });
    Deno.truncateSync(path, 0);
    assert.match(openDamaged(dir).told.join(), /offsets\.jsonl is empty: no group has/);
    Deno.removeSync(path);
    assert.match(openDamaged(dir).told.join(), /offsets\.jsonl is missing: no group has/);
  }),
);

Deno.test(
  "A journal of an earlier version, without checksums, is read",
  withDir((dir) => {
    const line = ["a", [["t", 0, "7", 0, 'a "note"\n']]];
    Deno.writeTextFileSync(`${dir}/offsets.jsonl`, JSON.stringify(line) + "\n");
    assert.deepEqual(openDamaged(dir), { offsets: [commit("t", 0, 7n)], told: [] });
  }),
);
