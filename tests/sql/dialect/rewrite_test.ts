import assert from "node:assert/strict";
import { parametersOf, rewriteForDuckDb } from "../../../sql/dialect/rewrite.ts";

const cases: [from: string, to: string][] = [
  ['select `a b`, `c"d`, `e``f` from t', 'select "a b", "c""d", "e`f" from t'],
  ["select array(1, 2)", "select list_value(1, 2)"],
  ["select array from t", "select array from t"],
  ["select percentile(x, 0.5) over ()", "select quantile_cont(as_double(x), 0.5) over ()"],
  ["select median(distinct x)", "select median(distinct as_double( x))"],
  ["select avg(a + (b)) from t", "select avg(no_decimal(a + (b))) from t"],
  ["select collect_set(x)", "select collected(list(distinct x))"],
  ["select explode(x) as y", "select unnest(x) as y"],
  [
    "select posexplode(x) as (a, b)",
    "select unnest(CAST(range(system.main.len(x )) AS INTEGER[])) AS a, unnest(x) as  b",
  ],
  [
    "select col from t, lateral explode(f) as p(col)",
    "select col from t, lateral (SELECT f AS __list_1_28) AS of__list_1_28, " +
    "LATERAL (SELECT unnest(__list_1_28)) as p(col)",
  ],
  ["select from_json(j, 'a string')", `select json_fields(j, '{"a":"VARCHAR"}')`],
  ["select rank() over (order by x) as r", "select CAST(rank() over (order by x) AS INTEGER) as r"],
  ["select row_number() over w", "select CAST(row_number() over w AS INTEGER)"],
  ["select a || b", "select a ||| b"],
  ["select cast(x as int)", "select cast_to_int(x  )"],
  [
    "select try_cast(cast(x as string) as bigint)",
    "select try_cast_to_bigint(cast_to_string(x  )  )",
  ],
  [
    "select cast(x as decimal(18, 3)) as decimal",
    "select cast(number_text(x ) as decimal(18, 3)) as decimal",
  ],
  [
    "select to_date(s, 'dd.MM.yyyy')",
    "select to_date(s, '%d.%m.%Y', '^[0-9]{2}[.][0-9]{2}[.][0-9]{4}$')",
  ],
  ["select date_format(d, 'yyyyMM')", "select date_format(d, '%Y%m')"],
  ["select 7 div 2", "select 7 // 2"],
  ["select a <=> b", "select a IS NOT DISTINCT FROM b"],
  ["select * except (a) from t", "select * EXCLUDE (a) from t"],
  ["select 1 except (select 1)", "select 1 except (select 1)"],
  ["select * from a left semi join b on x", "select * from a  semi join b on x"],
  ["select * from a left anti join b on x", "select * from a  anti join b on x"],
  ["select * from a left join b on x", "select * from a left join b on x"],
  ["select cast(x as timestamp)", "select cast_to_timestamp(x  )"],
  [
    "select try_cast(concat(a, b) as timestamp) as timestamp",
    "select try_cast_to_timestamp(concat(a, b)  ) as timestamp",
  ],
  ["select concat('a', chr(9), chr(160))", "select system.main.concat('a', chr(9), chr(160))"],
  ["select concat('a', chr(n)), concat('a', n)", "select concat('a', chr(n)), concat('a', n)"],
  ["select concat('a', chr(9 + 1)), concat(7)", "select concat('a', chr(9 + 1)), concat(7)"],
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

Deno.test("parametersOf names each parameter once, and none in texts, comments or casts", () => {
  assert.deepEqual(parametersOf("select :b, ':x', :a -- :y\n, a::int, :b"), ["b", "a"]);
});

Deno.test("rewriteForDuckDb keeps every line where it is", () => {
  const text = "select\n  `a`,\n  array(\n 1) -- x\n from t\n left\n semi join u on 1 = 1";
  assert.equal(rewriteForDuckDb(text).split("\n").length, text.split("\n").length);
});
