import assert from "node:assert/strict";
import { MysqlError } from "../../../../sim/mysql/errors.ts";
import type { SqlContext } from "../../../../sim/mysql/sql/context.ts";
import { rewrite } from "../../../../sim/mysql/sql/rewrite.ts";
import { withoutNeedlessOrder } from "../../../../sim/mysql/sql/sorted_scan.ts";
import { tokenize } from "../../../../sim/mysql/sql/tokens.ts";

const session: SqlContext = {
  database: "pinterest_data",
  variable: (name) => name === "@@autocommit" ? 1 : null,
  niladic: (name) => name === "NOW" ? "2024-01-02 03:04:05" : undefined,
};

const rewritten = (sql: string) =>
  rewrite(sql, tokenize(sql), session).sql.replace(/\s+/g, " ").trim();

/** What the client writes, and what DuckDB must get. */
const pairs: [string, string][] = [
  [
    "SELECT * FROM pinterest_data LIMIT 7528, 1",
    "SELECT * FROM pinterest_data LIMIT 1 OFFSET 7528",
  ],
  ["select `index` from `t`", 'select "index" from "t"'],
  ["select a from t limit 18446744073709551615", "select a from t LIMIT 9223372036854775807"],
  ['select a from t where a = "x\'y"', "select a from t where a = 'x''y'"],
  ["select a from t where a like 'x%'", "select a from t where a ILIKE 'x%' ESCAPE '\\'"],
  ["select a from t where a && !b || c", "select a from t where a AND NOT b OR c"],
  ["select a from t where a <=> null", "select a from t where a IS NOT DISTINCT FROM null"],
  ["select a from t where a regexp '^x'", "select a from t where a ~ '(?is).*(?:^x).*'"],
  ["select count(*) from t", 'select count ( * ) AS "count(*)" from t'],
  ["select a+1, b c, t.d from t", 'select a + 1 AS "a+1" , b "c" , t . "d" from t'],
  ["select now()", "select TIMESTAMP '2024-01-02 03:04:05' AS \"now()\""],
  ["select @@autocommit x", 'select 1 "x"'],
  ["select concat(a, 1) x", 'select ( CAST(( a ) AS VARCHAR) || CAST(( 1 ) AS VARCHAR) ) "x"'],
  ["select a from t use index (i) for update", "select a from t"],
  ["select a from information_schema.tables", 'select a from mysql_information_schema . "tables"'],
  ["select cast(a as signed) x", 'select mysql_signed(( a )) "x"'],
  [
    "select group_concat(a order by b separator '|') x",
    "select string_agg( a , '|' order by b ) \"x\"",
  ],
  ["select date_format(a, '%H:%i') x", "select strftime(CAST( a AS TIMESTAMP), '%H:%M' ) \"x\""],
];

for (const [given, expected] of pairs) {
  Deno.test(`${given} means the same in DuckDB`, () => {
    assert.equal(rewritten(given), expected);
  });
}

Deno.test("a bare reserved word is a syntax error that begins with it", () => {
  assert.throws(
    () => rewritten("select index\nfrom t"),
    (error) =>
      error instanceof MysqlError && error.message.endsWith("near 'index\nfrom t' at line 1"),
  );
  assert.equal(rewritten("select p.index from p"), 'select p . "index" from p');
});

Deno.test("a text in place of a table is refused: DuckDB would open a file", () => {
  assert.throws(() => rewritten("select * from '/etc/passwd'"), MysqlError);
});

Deno.test("an offset in the result leads back to the client's text", () => {
  const sql = "select `a`, count(*) from t where b = 1";
  const { sql: result, sourceOf } = rewrite(sql, tokenize(sql), session);
  assert.equal(sourceOf(result.indexOf("b =")), sql.indexOf("b ="));
});

const keyOf = (table: string) => table === "t" ? "index" : undefined;
const unsorted = (sql: string) =>
  withoutNeedlessOrder(tokenize(sql), keyOf).map(({ value }) => value).join(" ").trim();

Deno.test("the order of the key is dropped where a scan gives it anyway", () => {
  assert.equal(unsorted("select * from t order by `index`"), "select * from t");
  assert.equal(
    unsorted("select a, `index` from t where a > 1 order by `index` asc limit 5"),
    "select a , index from t where a > 1 limit 5",
  );
});

for (
  const sql of [
    "select * from t order by `index` desc",
    "select * from t order by a",
    "select * from u order by `index`",
    "select a as `index` from t order by `index`",
    "select distinct a from t order by `index`",
    "select * from t join u order by `index`",
    "select * from t, u order by `index`",
    "select * from t order by `index`, a",
    "select * from t where a in (select b from t) order by `index`",
    "select a, count(*) from t group by a order by `index`",
  ]
) {
  Deno.test(`${sql} keeps its order`, () => {
    assert.ok(unsorted(sql).includes("order by"));
  });
}
