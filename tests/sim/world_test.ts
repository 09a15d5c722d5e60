import assert from "node:assert/strict";
import { faultsFromSeed, faultsWithOdds, noFaults } from "../../sim/faults/plan.ts";
import { worldFromSeed } from "../../sim/world.ts";

function rolls(roll: () => number, count: number): number[] {
  return Array.from({ length: count }, roll);
}

Deno.test("one seed gives the same dice and ids again, another seed others", () => {
  const [one, again, other] = [worldFromSeed(1), worldFromSeed(1), worldFromSeed(2)];
  assert.deepEqual(rolls(one.random("a"), 5), rolls(again.random("a"), 5));
  assert.notDeepEqual(rolls(worldFromSeed(1).random("a"), 5), rolls(other.random("a"), 5));
  assert.equal(worldFromSeed(1).id("pipeline"), worldFromSeed(1).id("pipeline"));
  assert.match(one.id("pipeline"), /^[0-9a-f]{12}$/);
});

Deno.test("dice of one name are not moved by those of another", () => {
  const [alone, disturbed] = [worldFromSeed(3), worldFromSeed(3)];
  rolls(disturbed.random("b"), 100);
  assert.deepEqual(rolls(alone.random("a"), 5), rolls(disturbed.random("a"), 5));
});

Deno.test("dice are in [0, 1) and fill it evenly", () => {
  const found = rolls(worldFromSeed(4).random("even"), 20_000);
  assert.ok(found.every((value) => value >= 0 && value < 1));
  for (let tenth = 0; tenth < 10; tenth++) {
    const share = found.filter((value) => Math.floor(value * 10) === tenth).length / found.length;
    assert.ok(Math.abs(share - 0.1) < 0.015, `${tenth}: ${share}`);
  }
});

Deno.test("a clock can be put in", () => {
  assert.equal(worldFromSeed(1, () => 42).nowMs(), 42);
});

Deno.test("a fault strikes as often as its odds say, and never without odds", () => {
  const faults = faultsWithOdds(worldFromSeed(5), { "s3.slow_down": 0.25 });
  const struck = rolls(() => Number(faults.strikes("s3.slow_down")), 8000);
  const share = struck.reduce((sum, one) => sum + one, 0) / struck.length;
  assert.ok(Math.abs(share - 0.25) < 0.02, String(share));
  assert.equal(faults.strikes("disk.full"), false);
  assert.equal(noFaults.strikes("gateway.timeout"), false);
});

Deno.test("a seed never fills the disk, and different seeds have different faults", () => {
  const kinds = new Set<string>();
  for (let seed = 0; seed < 20; seed++) {
    const faults = faultsFromSeed(worldFromSeed(seed), 1);
    const points = ["gateway.throttled", "gateway.timeout", "s3.slow_down"] as const;
    kinds.add(
      points.map((point) => rolls(() => Number(faults.strikes(point)), 200).includes(1)).join(),
    );
    assert.equal(rolls(() => Number(faults.strikes("disk.full")), 50).includes(1), false);
  }
  assert.ok(kinds.size >= 4, [...kinds].join(" | "));
});
