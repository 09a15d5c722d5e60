/** Report: the lines that a person sees. */
import assert from "node:assert/strict";
import { differenceLines, report } from "../../../pipelines/check/report.ts";
import { type Result, totalsOf } from "../../../pipelines/check/results.ts";
import type { Difference } from "../../../pipelines/check/types.ts";

const result: Result = {
  kind: "test",
  status: "failed",
  model: "pin",
  name: "expands k",
  file: "tests/sql/clean/pin.test",
  line: 3,
  column: null,
  message: "",
  differences: [],
  ms: 12,
};

function cell(ind: string, column: string, expected: string, actual: string): Difference {
  const key = [{ column: "ind", value: ind }];
  return { kind: "cell", cte: null, key, column, expected, actual, file: "x", line: 9 };
}

function printed(results: readonly Result[], isTerminal = false) {
  const lines: string[] = [];
  const counters: string[] = [];
  const sheet = report({
    isTerminal,
    print: (text) => lines.push(...text.split("\n")),
    counter: (text) => counters.push(text),
  });
  for (const [done, each] of results.entries()) {
    sheet.add(each);
    sheet.progress(done + 1, results.length + 1);
  }
  const totals = totalsOf(results);
  sheet.end({ ok: totals.failed === 0, totals, results: [], seconds: 0.5, isStopped: false });
  return { lines, counters };
}

Deno.test("differences stand in columns: key, column, expected, actual", () => {
  const differences = [
    cell("2", "follower_count", "2000", "2"),
    cell("10", "title", "null", "漢字"),
  ];
  assert.deepEqual(differenceLines({ differences }), [
    "ind 2   follower_count  expected 2000  actual 2",
    "ind 10  title           expected null  actual 漢字",
  ]);
});

Deno.test("missing and extra rows and a wrong order say which row it is", () => {
  const place = { file: "x", line: 9 };
  const key = [{ column: "country", value: "Chad" }];
  const row = [...key, { column: "category_count", value: "2" }];
  assert.deepEqual(
    differenceLines({
      differences: [
        { kind: "missing", cte: "counted", key, row, ...place },
        { kind: "extra", cte: null, key, row, ...place },
        { kind: "order", cte: null, key, expectedPlace: 1, actualPlace: 2, ...place },
      ],
    }).map((line) => line.replaceAll(/ {2,}/g, " | ")),
    [
      "counted: country Chad | expected, not there | country Chad, category_count 2",
      "country Chad | there, not expected | country Chad, category_count 2",
      "country Chad | order | expected as row 1 | is row 2",
    ],
  );
});

Deno.test("a long list of differences is cut, and says so", () => {
  const differences = Array.from({ length: 25 }, (_, ind) => cell(`${ind}`, "a", "1", "2"));
  const lines = differenceLines({ differences });
  assert.equal(lines.length, 21);
  assert.equal(lines.at(-1), "… and 5 more");
});

Deno.test("what failed is told with its place; what passed is only counted", () => {
  const { lines, counters } = printed([
    { ...result, status: "passed" },
    { ...result, differences: [cell("2", "title", "a", "b")] },
    { ...result, kind: "model", file: "sql/a.sql", line: 2, column: 7, message: "a trap; write b" },
  ]);
  assert.deepEqual(lines, [
    "FAILED  tests/sql/clean/pin.test:3  pin: expands k",
    "  ind 2  title  expected a  actual b",
    "",
    "FAILED  sql/a.sql:2:7",
    "  a trap; write b",
    "",
    "1 model, 2 tests, 0 audits: 2 failed. 0.50 s",
  ]);
  assert.deepEqual(counters, []);
});

Deno.test("a terminal gets colours and a running counter", () => {
  const { lines, counters } = printed([{ ...result, status: "passed" }, result], true);
  assert.equal(counters[0], "1 of 3");
  // deno-lint-ignore no-control-regex -- the colour is the promise
  assert.match(lines.join("\n"), /\x1b\[31mFAILED\x1b\[0m/);
});
