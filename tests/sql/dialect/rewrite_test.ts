import assert from "node:assert/strict";
import { rewriteForDuckDb } from "../../../sql/dialect/rewrite.ts";

const cases: [from: string, to: string][] = [
  ['select `a b`, `c"d`, `e``f` from t', 'select "a b", "c""d", "e`f" from t'],
  ["select array(1, 2)", "select list_value(1, 2)"],
  ["select array from t", "select array from t"],
  ["select percentile(x, 0.5) over ()", "select quantile_cont(x, 0.5) over ()"],
  ["select 7 div 2", "select 7 // 2"],
  ["select a <=> b", "select a IS NOT DISTINCT FROM b"],
  ["select * except (a) from t", "select * EXCLUDE (a) from t"],
  ["select 1 except (select 1)", "select 1 except (select 1)"],
  ["select * from a left semi join b on x", "select * from a  semi join b on x"],
  ["select * from a left anti join b on x", "select * from a  anti join b on x"],
  ["select * from a left join b on x", "select * from a left join b on x"],
  ["select cast(x as timestamp)", "select cast(x as TIMESTAMPTZ)"],
  [
    "select try_cast(concat(a, b) as timestamp) as timestamp",
    "select try_cast(concat(a, b) as TIMESTAMPTZ) as timestamp",
  ],
  ["select timestamp '2020-01-01 00:00:00'", "select TIMESTAMPTZ '2020-01-01 00:00:00'"],
  ["select timestamp from t", "select timestamp from t"],
  ["select :id", "select $id"],
  ["select 'array(1) `x` :y div' -- 7 div 2", "select 'array(1) `x` :y div' -- 7 div 2"],
];

for (const [from, to] of cases) {
  Deno.test(`rewriteForDuckDb makes ${to} of ${from}`, () => {
    assert.equal(rewriteForDuckDb(from), to);
  });
}

Deno.test("rewriteForDuckDb keeps every line where it is", () => {
  const text = "select\n  `a`,\n  array(\n 1) -- x\n from t\n left\n semi join u on 1 = 1";
  assert.equal(rewriteForDuckDb(text).split("\n").length, text.split("\n").length);
});
