/** Every trap, where it is, and what is said about it. */
import assert from "node:assert/strict";
import { describeProblem, lint } from "../../../sql/dialect/lint.ts";

/** SQL with one problem; where; part of the message with its advice. */
const traps: [sql: string, place: string, message: RegExp][] = [
  // Literals.
  ["select 1L", "1:8", /'1L' is a typed number.*cast\(1 as bigint\)/],
  ["select 1.5D", "1:8", /typed number/],
  ["select 1_000", "1:8", /typed number/],
  ["select 0x10", "1:8", /typed number/],
  ["select 9223372036854775808", "1:8", /64 bits/],
  ['select "text"', "1:8", /a string on Spark and a name on DuckDB; write 'text' or `name`/],
  ["select 'a\\nb'", "1:8", /backslash.*bracket list/],
  ["select 'it''s'", "1:8", /'' within text vanishes.*chr\(39\)/],
  ["select 'a' 'b'", "1:12", /two texts in a row/],
  ["select r'a'", "1:8", /r'…' is not a text/],
  ["select E'a'", "1:8", /E'…' is not a text/],
  ["select 'a", "1:8", /never closed/],
  ["select /* a", "1:8", /never closed/],
  ["select é from t", "1:8", /wants quoted; write `é`/],
  // Comments.
  ["select 1 -- a \\\n, 2", "1:10", /backslash at its end/],
  ["select /*+ broadcast(t) */ 1", "1:8", /hint/],
  // Symbols.
  ["select [1]", "1:8", /'\[' is not the same.*array/],
  ["select a[1] from t", "1:9", /element_at/],
  ["select {'a': 1} from t", "1:8", /'\{'/],
  ["select a::int from t", "1:9", /'::'.*cast\(x as type\)/],
  ["select a // 2 from t", "1:10", /x div y/],
  ["select a ^ 2 from t", "1:10", /exclusive or/],
  ["select a ~ 'b' from t", "1:10", /regexp_like/],
  ["select ? from t", "1:8", /:name/],
  ["select $1 from t", "1:8", /:name/],
  ["select 1 / 0", "1:12", /division by zero/],
  ["select 1 % 0", "1:12", /division by zero/],
  ["select 1 div 0", "1:14", /division by zero/],
  // Functions.
  ["select weekday(d) from t", "1:8", /weekday\(\).*dayofweek/],
  ["select strftime(d, '%Y') from t", "1:8", /strftime\(\)/],
  ["select list_value(1)", "1:8", /array/],
  ["select nobody_knows(1)", "1:8", /nobody_knows\(\) is not among those known/],
  ["select system.main.concat('a')", "1:20", /with a schema in front/],
  ["select skewness(x) from t", "1:8", /DuckDB corrects for the sample/],
  ["select collect_list(x) from t", "1:8", /order of collect_list\(\) is undefined.*sort_array/],
  ["select rand()", "1:8", /the same rows tomorrow/],
  ["select x from read_json('a')", "1:15", /the runner binds sources/],
  ["select a = any(select 1) from t", "1:12", /any\(\) is not among/],
  ["select trim(x) from t", "1:8", /trim\(both concat/],
  ["select trim(both from x) from t", "1:8", /trim\(both concat/],
  ["select trim(x, 'a') from t", "1:8", /trim\(both concat/],
  ["select ltrim(x) from t", "1:8", /trim\(leading/],
  // Casts.
  ["select cast('1.5' as int)", "1:13", /'1\.5' is no whole number/],
  ["select try_cast('1e3' as bigint)", "1:17", /no whole number/],
  ["select cast(1e7 as string)", "1:13", /print doubles differently/],
  ["select cast('2020' as timestamp)", "1:13", /short times/],
  ["select cast(x as varchar) from t", "1:18", /the type varchar/],
  ["select cast(x as timestamptz) from t", "1:18", /the type timestamptz/],
  ["select cast(x as decimal) from t", "1:18", /\(10,0\) on Spark/],
  ["select cast('2020' as date)", "1:13", /short dates/],
  ["select date '2020/01/31'", "1:13", /different texts after date/],
  ["select x 'alias' from t", "1:10", /a type or an alias/],
  ["select a where '10' = 10", "1:21", /made one type/],
  // Formats.
  ["select date_format(d, 'EEEE') from t", "1:23", /parts that are not the same/],
  ["select to_date(s, 'MM-dd') from t", "1:19", /leaves out a part/],
  ["select to_date(s, f) from t", "1:8", /has to be a text/],
  // Places.
  ["select sort_array(collect_list(x) over ()) from t", "1:19", /without FILTER or OVER/],
  ["select explode(x) from t", "1:8", /select explode\(x\) as name/],
  ["select explode(x) + 1 as y from t", "1:8", /stands alone/],
  ["select posexplode(x) as y from t", "1:8", /stands alone/],
  ["select a from t, lateral posexplode(x)", "1:26", /as t\(place, part\)/],
  ["select *, p.col from t, lateral explode(x) as p(col)", "1:33", /\* has more columns/],
  ["select a from t, lateral (select b from u) v", "1:18", /planned differently/],
  ["select a from (values (1)) t", "1:16", /as t\(a\)/],
  ["select -2147483648", "1:9", /a bigint on DuckDB/],
  ["select get(null, 1)", "1:8", /a null without a type/],
  ["select greatest(a, 1, '2') from t", "1:8", /texts and numbers/],
  ["select a from t order by a offset 1 limit 1", "1:37", /LIMIT after OFFSET/],
  ["select case when null then 1 end", "1:13", /no condition/],
  ["select date '2020-01-02' - date '2020-01-01'", "1:26", /datediff/],
  ["select `sum`(a) from t", "1:8", /in backticks/],
  ["select from_json(a, 'b int') from t", "1:8", /other types/],
  ["select from_json(a, 'b string', map('mode', 'FAILFAST')) from t", "1:8", /strict JSON/],
  ["select count() from t", "1:8", /count\(\*\)/],
  ["select chr(256)", "1:8", /another character/],
  ["select raw:name from t", "1:11", /path into JSON/],
  ["select f(x):name from t", "1:12", /path into JSON/],
  ["select * from json.`/path`", "1:20", /a file is no table/],
  // Patterns.
  ["select regexp_extract(x, '[(]a', 1) from t", "1:26", /has 0 groups, and not 1/],
  ["select regexp_like(x, 'a$') from t", "1:23", /\$ also stands before a last line break/],
  ["select regexp_extract(x, 'a.b', 0) from t", "1:26", /\. leaves out different line breaks/],
  ["select regexp_replace(x, '(?=a)', '') from t", "1:26", /look-around/],
  ["select split(x, '[a[b]]') from t", "1:17", /nests on Java/],
  ["select regexp_like(x, '[a-z&&[b]]') from t", "1:23", /intersects on Java/],
  ["select regexp_like(x, 'a++') from t", "1:23", /possessive/],
  // Phrases.
  ["select * exclude (a) from t", "1:8", /\* except/],
  ["select * replace (1 as a) from t", "1:8", /REPLACE is DuckDB's/],
  ["select a from t qualify row_number() over (order by a) = 1", "1:17", /WHERE after it/],
  ["select x rlike 'a' from t", "1:10", /regexp_like/],
  ["select d + interval 1 day from t", "1:12", /date_add/],
  ["select distinct on (a) a from t", "1:8", /DISTINCT ON/],
  ["select a from t minus select a from u", "1:17", /EXCEPT/],
  ["select a from t lateral view explode_x as y", "1:17", /LATERAL VIEW/],
  ["select a from t where b ilike 'x'", "1:25", /letters beyond ASCII/],
  ["select a from t where b like 'x!%' escape '!'", "1:36", /ESCAPE/],
  ["select a isnull from t", "1:10", /is null/],
  ["select a at time zone 'UTC' from t", "1:10", /all times are UTC/],
  ["select a from t union by name select a from u", "1:23", /one order/],
  ["with recursive c as (select 1 as a) select a from c", "1:6", /RECURSIVE/],
  ["select a from t sort by a", "1:17", /ORDER BY/],
  ["select a from t tablesample (1 percent)", "1:17", /a sample/],
  ["select a from t asof join u using (a)", "1:17", /ASOF/],
  ["select a, from t", "1:9", /a comma before FROM/],
  ["select a from (from t) u", "1:15", /begins with FROM/],
  // Shapes.
  ["from t", "1:1", /begins with FROM/],
  ["merge into t using u on t.a = u.a", "1:1", /the runner writes tables/],
  ["optimize t", "1:1", /the runner looks after tables/],
  ["insert into t select 1", "1:1", /'insert' does not belong/],
  ["create table t (a int)", "1:1", /'create' does not belong/],
  ["create or replace table t using delta as select 1", "1:1", /'create' does not belong/],
  ["-- only a comment", "1:1", /no statement/],
  // Scopes.
  ["select a + 1 as b from t where b > 1", "1:32", /WHERE cannot use 'b'/],
  ["select a + 1 b from t where b > 1", "1:29", /WHERE cannot use 'b'/],
  ["select a, max(x) m from t where m > 1", "1:33", /WHERE cannot use 'm'/],
  ["select 1 as x\nfrom (select 2 as y from t\n  where y > 1) u", "3:9", /WHERE cannot use 'y'/],
  ["with c as (select max(a) as m from t)\nselect m + 1 as n from c where n = 1", "2:32", /'n'/],
];

for (const [sql, place, message] of traps) {
  Deno.test(`lint refuses ${sql.replaceAll("\n", " ")}`, () => {
    const said = lint(sql).map((problem) => describeProblem("x.sql", problem));
    const found = said.find((line) => line.startsWith(`x.sql:${place}: `) && message.test(line));
    assert.ok(found, `no ${message} at ${place} in:\n${said.join("\n")}`);
  });
}

Deno.test("lint tells what Spark refuses too from what only we cannot run", () => {
  const kinds = [
    ["select 'a", "syntax"],
    ["select * exclude (a) from t", "syntax"],
    ["select a as b from (values (1)) as t(a) where b > 1", "column"],
    ["select no_such(1)", "function"],
    ["select 1L", "dialect"],
    ["from t", "dialect"],
  ];
  for (const [sql = "", kind] of kinds) {
    assert.deepEqual([sql, lint(sql)[0]?.kind], [sql, kind]);
  }
});

Deno.test("lint says nothing twice: one trap is one problem", () => {
  const alone = ["select 1L", "select trim(x) from t", "select a::int from t", "from t"];
  for (const sql of alone) assert.equal(lint(sql).length, 1, sql);
});

const fine = [
  "select case when a then b else c end from t where case when a then 1 end = 1",
  "select distinct a, b is null, not c from t where a = 1 and b is null and c",
  "select a as b from t where a > 1",
  "select trim(both ' ' from title) as title from t where title <> ''", // the column, on both
  "select a as b from t where t.b > 1", // says which
  "select (select max(x) from u where u.x = t.a) as b from t where a = 1",
  "with c as (select 1 as n) select n from c where n = 1",
  "with c (n) as (select 1), d (m) as (select 2) select n from c cross join d",
  "select x from (values (1), (2)) v(x)",
  "select * except (a) from t",
  "select a is distinct from b as c, d from t where d = 1",
  "select cast(a as decimal(18, 3)) as a from t",
  "create or replace view v as select 1 as a",
  "create or replace table t as with c as (select 1 as a) select a from c",
  'select `select` from t -- it\'s "fine" here: [1], 1L, trim(x)',
  "select t.regexp, minus.a, b as glob from t", // columns and tables of such names
  "select count(*) filter (where a > 1) from t group by b having count(*) > 1 order by 1 limit 2",
  "select a from t where a in (1, 2) and b not in (select b from u) and exists (select 1 from u)",
  "select regexp_like(x, '^[0-9]+[.][^,$]*') from t",
  "select to_date(s, 'dd.MM.yyyy') as d, date_format(d, 'yyyy-MM') as m from t",
  "select array_join(sort_array(collect_set(x)), ', ') as xs from t",
  "select explode(split(x, ',')) as part, a from t",
  "select x from t where y = :wanted and z in (:a, :b)",
  "select date '2020-01-01' + 1 as d",
  "select p.pos, col from t, lateral posexplode(split(x, ',')) as p(pos, col)",
  "select posexplode(x) as (place, part) from t",
  "select from_json(x, '`a` string, b string') as f from t",
  "select from_json(x, 'array<string>', map('allowSingleQuotes', 'false')) as f from t",
  "select `sum` from t join `u` as `v`(`a`) on true",
];

for (const sql of fine) {
  Deno.test(`lint lets pass ${sql}`, () => assert.deepEqual(lint(sql), []));
}
