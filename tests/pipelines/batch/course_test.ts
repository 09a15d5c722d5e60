import assert from "node:assert/strict";
import { courseDraws, PythonRandom } from "../../../pipelines/batch/course.ts";

/** The first `count` draws of an endless generator. */
function take<T>(draws: Iterator<T, never, void>, count: number): T[] {
  return Array.from({ length: count }, () => draws.next().value);
}

function times<T>(count: number, draw: () => T): T[] {
  return Array.from({ length: count }, draw);
}

// Printed by CPython 3.11: random.seed(100), then randrange(0, 2) and randint(0, 11000) in turn.
Deno.test("courseDraws draws the course's pauses and rows", () => {
  const draws = take(courseDraws(), 20);
  assert.deepEqual(
    draws.map((draw) => draw.sleepSeconds),
    [0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 1],
  );
  // deno-fmt-ignore
  assert.deepEqual(draws.map((draw) => draw.row), [
    7528, 2863, 5730, 8304, 8731, 1313, 4315, 10794, 5494, 5069,
    2923, 3089, 6063, 3454, 7554, 6145, 10625, 2959, 9875, 2418,
  ]);
});

Deno.test("courseDraws repeats rows exactly as often as the course does", () => {
  const rows = take(courseDraws(), 2_000).map((draw) => draw.row);
  const distinctAfter = (count: number) => new Set(rows.slice(0, count)).size;
  assert.deepEqual([500, 1_000, 2_000].map(distinctAfter), [494, 963, 1_824]);
  assert.deepEqual(rows.slice(-3), [10_746, 1_283, 8_056]);
});

Deno.test("courseDraws never leaves 0 and 1 s, nor rows 0 to 11000", () => {
  for (const { sleepSeconds, row } of take(courseDraws(7), 5_000)) {
    assert.ok(sleepSeconds === 0 || sleepSeconds === 1);
    assert.ok(Number.isInteger(row) && row >= 0 && row <= 11_000);
  }
});

// Printed by CPython 3.11 after random.seed(seed): four getrandbits(32), four getrandbits(5),
// eight randint(-3, 3).
const printed: [number | bigint, number[], number[], number[]][] = [
  [
    0,
    [3626764237, 1654615998, 3255389356, 3823568514],
    [13, 1, 8, 30],
    [1, 0, 0, 3, 3, -1, 0, -1],
  ],
  [1, [577090037, 2444712010, 3639700191, 3445702192], [24, 2, 8, 3], [0, 3, 0, 0, 2, 0, 3, -2]],
  [
    -7,
    [1390851128, 4071050724, 647892279, 1695753998],
    [20, 1, 2, 26],
    [1, -3, -1, 1, -3, 1, -2, -3],
  ],
  [
    2 ** 32,
    [485306839, 1508871100, 1794561286, 4014597330],
    [0, 0, 19, 28],
    [3, 3, -1, 3, 1, 0, -3, -2],
  ],
  [
    2n ** 64n + 5n,
    [2192917427, 3085273184, 3778534651, 2436623347],
    [16, 3, 24, 11],
    [2, -3, -1, 1, 2, 3, 2, 1],
  ],
];

for (const [seed, words, fiveBits, dice] of printed) {
  Deno.test(`PythonRandom draws as Python does from seed ${seed}`, () => {
    const random = new PythonRandom(seed);
    assert.deepEqual(times(4, () => random.getrandbits(32)), words);
    assert.deepEqual(times(4, () => random.getrandbits(5)), fiveBits);
    assert.deepEqual(times(8, () => random.randint(-3, 3)), dice);
  });
}

Deno.test("PythonRandom is still right after the state was twisted three times", () => {
  const random = new PythonRandom(5_489);
  times(1_999, () => random.getrandbits(32));
  assert.equal(random.getrandbits(32), 3_857_853_497); // CPython 3.11
});

Deno.test("PythonRandom refuses what it cannot draw", () => {
  const random = new PythonRandom(1);
  assert.throws(() => new PythonRandom(1.5), RangeError);
  assert.throws(() => random.getrandbits(33), RangeError);
  assert.throws(() => random.randrange(3, 3), RangeError);
});
