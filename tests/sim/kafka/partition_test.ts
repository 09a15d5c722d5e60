import assert from "node:assert/strict";
import { noFaults } from "../../../sim/faults/plan.ts";
import { TopicConfig } from "../../../sim/kafka/configs.ts";
import { leaderEpochProblem, Partition } from "../../../sim/kafka/partition.ts";
import { encodeRecordBatch, readBatchHeader } from "../../../sim/storage/record_batch.ts";

async function withPartition(
  configs: [string, string][],
  test: (open: () => Partition) => void,
  nowMs = 100_000,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  const config = new TopicConfig(configs);
  try {
    test(() => new Partition(0, () => `${dir}/0`, () => config, noFaults, () => nowMs));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const batch = (baseSequence = -1, timestampMs = 1000) =>
  encodeRecordBatch([{ key: null, value: new Uint8Array(100) }], {
    timestampMs,
    producerId: baseSequence < 0 ? -1n : 7n,
    producerEpoch: baseSequence < 0 ? -1 : 0,
    baseSequence,
  });

Deno.test("A batch that came before a restart is known after it, whatever segments there are", () =>
  withPartition([["segment.bytes", "400"]], (open) => {
    {
      using partition = open();
      for (let sequence = 0; sequence < 10; sequence++) partition.append(batch(sequence));
    }
    using partition = open();
    const check = (sequence: number) => partition.checkSequence(readBatchHeader(batch(sequence)));
    for (const sequence of [5, 6, 7, 8, 9]) {
      assert.deepEqual(check(sequence), { kind: "duplicate", baseOffset: BigInt(sequence) });
    }
    assert.deepEqual(check(10), { kind: "new" });
    assert.deepEqual(check(12), { kind: "refused", error: 45 });
  }));

Deno.test("Retention by bytes and by time lets full segments go as new ones begin", async () => {
  const size = batch().length;
  await withPartition(
    [["segment.bytes", "14"], ["retention.bytes", String(size * 3)], ["retention.ms", "-1"]],
    (open) => {
      using partition = open();
      for (let count = 0; count < 10; count++) partition.append(batch());
      assert.equal(partition.log.startOffset, 7n);
    },
  );
  await withPartition([["segment.bytes", "14"], ["retention.ms", "5000"]], (open) => {
    using partition = open();
    for (const timestampMs of [94_000, 94_999, 95_000, 99_000]) {
      partition.append(batch(-1, timestampMs));
    }
    assert.equal(partition.log.startOffset, 2n);
  });
});

Deno.test("Who waits is called at an append and at the end, and not after having gone", () =>
  withPartition([], (open) => {
    const partition = open();
    const calls: string[] = [];
    const one = () => calls.push("one");
    partition.onChange(one);
    partition.onChange(() => calls.push("two"));
    partition.append(batch());
    partition.offChange(one);
    partition[Symbol.dispose]();
    assert.deepEqual(calls, ["one", "two", "two"]);
  }));

Deno.test("There is one leader epoch: an unknown later one is told so", () => {
  assert.equal(leaderEpochProblem(-1), null);
  assert.equal(leaderEpochProblem(0), null);
  assert.equal(leaderEpochProblem(1), 75);
});
