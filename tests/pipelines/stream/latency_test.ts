import assert from "node:assert/strict";
import fc from "fast-check";
import { Latency } from "../../../pipelines/stream/latency.ts";
import { shardEnd } from "../../../pipelines/stream/positions.ts";
import { shardIdOf } from "../../../pipelines/tables.ts";

const base = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_000_000n;
const upTo = (sequence: bigint, shard = 0) => ({ [shardIdOf(shard)]: String(base + sequence) });

function near(found: number | undefined, expected: number): void {
  assert.ok(found !== undefined && Math.abs(found - expected) <= expected * 0.02, `${found}`);
}

Deno.test("Without a visible record there is no latency", () => {
  const latency = new Latency();
  assert.equal(latency.summary(), null);
  latency.posted("pin", 0, base + 5n, 5, 0);
  latency.committed("pin", upTo(4n), 100);
  latency.committed("geo", upTo(9n), 100);
  latency.committed("pin", upTo(9n, 1), 100);
  assert.equal(latency.summary(), null);
});

Deno.test("A request counts when its last record is visible, and for all its records", () => {
  const latency = new Latency();
  latency.posted("pin", 0, base + 5n, 90, 1_000);
  latency.posted("pin", 0, base + 9n, 10, 1_400);
  latency.committed("pin", upTo(8n), 1_500);
  near(latency.summary()?.max, 500);
  latency.committed("pin", upTo(9n), 3_400);
  const summary = latency.summary();
  near(summary?.p50, 500);
  near(summary?.p95, 2_000);
  assert.equal(summary?.max, 2_000);
  // Seen again, for instance after a restart: nothing new.
  latency.committed("pin", upTo(9n), 90_000);
  assert.equal(latency.summary()?.max, 2_000);
});

Deno.test("A commit that was heard of before the answer of the gateway counts", () => {
  const latency = new Latency();
  latency.committed("user", upTo(7n), 1_700);
  latency.posted("user", 0, base + 7n, 3, 1_000);
  near(latency.summary()?.p50, 700);
  latency.posted("user", 0, base + 8n, 3, 1_000);
  latency.committed("user", { [shardIdOf(0)]: shardEnd }, 2_000);
  near(latency.summary()?.max, 1_000);
  latency.posted("user", 0, base + 99n, 3, 1_990);
  near(latency.summary()?.p50, 700);
});

Deno.test("A clock that jumped back makes no negative latency", () => {
  const latency = new Latency();
  latency.posted("pin", 0, base, 1, 5_000);
  latency.committed("pin", upTo(0n), 1_000);
  const summary = latency.summary();
  assert.deepEqual(Object.values(summary ?? {}).map((ms) => ms >= 0 && ms < 0.02), [
    true,
    true,
    true,
  ]);
});

Deno.test("Quantiles are within 2 % of those of all records, one by one", () =>
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          shard: fc.integer({ min: 0, max: 2 }),
          count: fc.integer({ min: 1, max: 500 }),
          ms: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 900_000 })),
        }),
        { minLength: 1, maxLength: 40 },
      ),
      fc.boolean(),
      (requests, isCommitFirst) => {
        const latency = new Latency();
        for (const [n, { shard, count, ms }] of requests.entries()) {
          const sequence = BigInt(n);
          const commit = () => latency.committed("geo", upTo(sequence, shard), 1_000_000);
          if (isCommitFirst) commit();
          latency.posted("geo", shard, base + sequence, count, 1_000_000 - ms);
          if (!isCommitFirst) commit();
        }
        const all = requests.flatMap(({ count, ms }) => Array<number>(count).fill(ms))
          .sort((a, b) => a - b);
        const summary = latency.summary();
        near(summary?.p50, all[Math.ceil(all.length * 0.5) - 1]!);
        near(summary?.p95, all[Math.ceil(all.length * 0.95) - 1]!);
        assert.equal(summary?.max, all.at(-1));
      },
    ),
    { seed: 5, numRuns: 200 },
  ));

Deno.test("A queue that grows long puts neighbours together, and no figure becomes too low", () => {
  const latency = new Latency();
  const count = 20_000;
  for (let n = 0; n < count; n++) latency.posted("pin", 0, base + BigInt(n), 1, n);
  latency.committed("pin", upTo(BigInt(count)), count);
  const summary = latency.summary();
  assert.equal(summary?.max, count);
  assert.ok(summary!.p50 >= count * 0.5 * 0.98 && summary!.p50 <= count * 0.55);
  assert.ok(summary!.p95 >= count * 0.95 * 0.98 && summary!.p95 <= count);
});

Deno.test("Requests whose answers overtook each other are both counted", () => {
  const latency = new Latency();
  latency.posted("pin", 3, base + 9n, 1, 0);
  latency.posted("pin", 3, base + 4n, 1, 100);
  latency.committed("pin", upTo(4n, 3), 200);
  near(latency.summary()?.max, 100);
  latency.committed("pin", upTo(9n, 3), 200);
  near(latency.summary()?.max, 200);
});
