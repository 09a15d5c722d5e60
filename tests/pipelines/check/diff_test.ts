import assert from "node:assert/strict";
import fc from "fast-check";
import { differences } from "../../../pipelines/check/diff.ts";
import type { Difference } from "../../../pipelines/check/types.ts";
import type { Value } from "../../../pipelines/values.ts";

interface Options {
  ordered?: boolean;
  grain?: string[];
}

/** Both with the columns a, b and c, all of them integers. */
function diff(
  expected: (Value | undefined)[][],
  actual: Value[][],
  { ordered = false, grain = [] }: Options = {},
): Difference[] {
  const columns = ["a", "b", "c"].map((name) => ({ name, type: "INTEGER" }));
  return differences(
    { columns, rows: expected.map((values, at) => ({ line: at + 1, values })) },
    { columns, rows: actual, places: [0, 1, 2] },
    { cte: null, isOrdered: ordered, grain, file: "rows", at: { file: "test", line: 9 } },
  );
}

function shown(list: readonly Difference[]): string[] {
  return list.map((one) => {
    const key = one.key.map(({ column, value }) => `${column}=${value}`).join(",");
    if (one.kind === "cell") {
      return `${one.line} [${key}] ${one.column}: ${one.expected} ${one.actual}`;
    }
    if (one.kind === "order") return `${one.line} [${key}] ${one.expectedPlace} ${one.actualPlace}`;
    const row = one.row.map(({ value }) => value).join(" ");
    return `${one.file}:${one.line} [${key}] ${one.kind} ${row}`;
  });
}

Deno.test("equal rows differ in nothing, in any order and as often as they are there", () => {
  assert.deepEqual(
    diff([[1, 2, 3], [1, 2, 3], [4, 5, null]], [[4, 5, null], [1, 2, 3], [1, 2, 3]]),
    [],
  );
  assert.deepEqual(shown(diff([[1, 2, 3]], [[1, 2, 3], [1, 2, 3]])), ["test:9 [] extra 1 2 3"]);
  assert.deepEqual(shown(diff([[1, 2, 3], [1, 2, 3]], [[1, 2, 3]])), ["rows:2 [] missing 1 2 3"]);
});

Deno.test("rows with the same key belong together, however little else is equal", () => {
  assert.deepEqual(
    shown(diff([[1, 2, 3], [4, 5, 6]], [[4, 2, 3], [1, 5, 6]], { grain: ["a"] })),
    ["1 [a=1] b: 2 5", "1 [a=1] c: 3 6", "2 [a=4] b: 5 2", "2 [a=4] c: 6 3"],
  );
  assert.deepEqual(
    shown(diff([[1, 2, 3]], [[9, 2, 3]], { grain: ["a"] })),
    ["rows:1 [a=1] missing 1 2 3", "test:9 [a=9] extra 9 2 3"],
  );
});

Deno.test("without a key the rows that agree most belong together, and show what is equal", () => {
  assert.deepEqual(
    shown(diff([[1, 2, 3], [1, 5, 6]], [[1, 5, 7], [1, 2, 4]])),
    ["1 [a=1,b=2] c: 3 4", "2 [a=1,b=5] c: 6 7"],
  );
  assert.deepEqual(shown(diff([[1, 2, 3]], [[4, 5, 6]])).length, 3);
});

Deno.test("a free cell agrees with all, and leaves the rows that others need", () => {
  assert.deepEqual(diff([[1, undefined, undefined], [1, 2, 3]], [[1, 2, 3], [1, 9, 9]]), []);
  assert.deepEqual(
    shown(diff([[1, undefined, 3]], [[1, 7, 4]], { grain: ["a"] })),
    ["1 [a=1] c: 3 4"],
  );
});

Deno.test("order is told only where it was asked for, and only of the rows that moved", () => {
  const expected = [[1, 0, 0], [2, 0, 0], [3, 0, 0], [4, 0, 0]];
  const actual = [[4, 0, 0], [1, 0, 0], [2, 0, 0], [3, 0, 0]];
  assert.deepEqual(diff(expected, actual), []);
  assert.deepEqual(shown(diff(expected, actual, { ordered: true, grain: ["a"] })), ["4 [a=4] 4 1"]);
  assert.deepEqual(diff(expected, expected, { ordered: true }), []);
});

Deno.test("what differs does not depend on the order in which the engine returns its rows", () => {
  const cell = fc.option(fc.nat(2), { nil: null });
  const rows = fc.array(fc.tuple(cell, cell, cell), { maxLength: 6 });
  const shuffled = rows.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))
  );
  fc.assert(
    fc.property(rows, shuffled, (expected, [actual, other]) => {
      const found = diff(expected, actual);
      assert.deepEqual(found, diff(expected, other));
      // Equal as multisets exactly if nothing differs.
      const sorted = (list: Value[][]) => list.map((row) => JSON.stringify(row)).sort();
      assert.equal(found.length === 0, sorted(expected).join() === sorted(actual).join());
    }),
    { seed: 4, numRuns: 300 },
  );
});
