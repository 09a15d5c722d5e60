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
