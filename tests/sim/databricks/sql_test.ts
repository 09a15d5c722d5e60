import assert from "node:assert/strict";
import { bucket, openWorkspace } from "./helper.ts";

/** Statement, SQLSTATE, and what the words begin with. */
const failures: [statement: string, sqlState: string, condition: string][] = [
  ["select strptime('2020', '%Y')", "42883", "UNRESOLVED_ROUTINE"],
  ["select list_value(1, 2)", "42883", "UNRESOLVED_ROUTINE"],
  ["select no_such_function(1)", "42883", "UNRESOLVED_ROUTINE"],
  ["selec 1", "42601", "PARSE_SYNTAX_ERROR"],
  ["select * exclude (a) from (select 1 as a, 2 as b) as t", "42601", "PARSE_SYNTAX_ERROR"],
  ["select 1; select 2", "42601", "PARSE_SYNTAX_ERROR"],
  ["select b from (select 1 as a) as t", "42703", "UNRESOLVED_COLUMN"],
  ["select a + 1 as b from (select 1 as a) as t where b > 1", "42703", "UNRESOLVED_COLUMN"],
  ["select :a as a", "42P02", "UNBOUND_SQL_PARAMETER"],
  ["drop table nowhere", "42P01", "TABLE_OR_VIEW_NOT_FOUND"],
  ["select * from no_schema.t", "42P01", "TABLE_OR_VIEW_NOT_FOUND"],
  [`select * from read_files('s3://${bucket}/none/', format => 'text')`, "42K03", "PATH_NOT_FOUND"],
  ["select cast(a as int) from (values ('1.5')) as t(a)", "22018", "CAST_INVALID_INPUT"],
  [
    "select cast('12345678901' as decimal(10, 2))",
    "22003",
    "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION",
  ],
  ["select cast(3000000000 as int)", "22003", "CAST_OVERFLOW"],
  ["select to_date('2020-02-30', 'yyyy-MM-dd')", "22007", "CANNOT_PARSE_TIMESTAMP"],
  ["select 2147483647 + 1", "22003", "ARITHMETIC_OVERFLOW"],
  ["select 1 / a from (values (0)) as t(a)", "22012", "DIVIDE_BY_ZERO"],
  ["select 1 % a from (values (0)) as t(a)", "22012", "REMAINDER_BY_ZERO"],
  ["select element_at(array(1), 2)", "22003", "INVALID_ARRAY_INDEX_IN_ELEMENT_AT"],
  ["select element_at(array(1), 0)", "22003", "INVALID_INDEX_OF_ZERO"],
  // Databricks would run these; DuckDB would not, or with another meaning.
  ["from (select 1 as a) as t", "0A000", "SIMULATOR_CANNOT_RUN"],
  ["select sha2('abc', 512)", "0A000", "SIMULATOR_CANNOT_RUN"],
  ["select `upper`('a')", "0A000", "SIMULATOR_CANNOT_RUN"],
  ["select sum('2')", "0A000", "SIMULATOR_CANNOT_RUN"],
  ["select a::int from (values (1)) as t(a)", "0A000", "SIMULATOR_CANNOT_RUN"],
  ["select 1 -- a \\\n, 2", "0A000", "SIMULATOR_CANNOT_RUN"],
  ["select cast(a as binary) from (values ('a')) as t(a)", "0A000", "SIMULATOR_CANNOT_RUN"],
  [
    `select * from read_files('s3://${bucket}/in/', format => 'json')`,
    "0A000",
    "SIMULATOR_CANNOT_RUN",
  ],
  ["select cast('1.5' as int)", "0A000", "SIMULATOR_CANNOT_RUN"],
  ["select weekday(cast('2020-01-01' as date))", "0A000", "SIMULATOR_CANNOT_RUN"],
  ['select "text"', "0A000", "SIMULATOR_CANNOT_RUN"],
  ["optimize t", "0A000", "SIMULATOR_CANNOT_RUN"],
];

Deno.test("what Databricks would not run fails in its words, what we cannot run in ours", async () => {
  await using workspace = await openWorkspace();
  for (const [statement, sqlState, condition] of failures) {
    const { body } = await workspace.execute(statement);
    const found = [body.status.state, body.status.sql_state];
    assert.deepEqual(found, ["FAILED", sqlState], `${statement}: ${JSON.stringify(body.status)}`);
    const words = body.status.error?.message ?? "";
    assert.ok(words.startsWith(`[${condition}] `), words);
    assert.ok(words.includes(`SQLSTATE: ${sqlState}`), words);
  }
});

Deno.test("a failed statement names line and position as Databricks counts them", async () => {
  await using workspace = await openWorkspace();
  const { body } = await workspace.execute(
    "create or replace table t as\nselect\n    a,\n    nope\nfrom (select 1 as a) as s",
  );
  assert.match(body.status.error?.message ?? "", /`nope`.*; line 4 pos 4$/);
});

Deno.test("values are texts that keep every digit", async () => {
  await using workspace = await openWorkspace();
  const { body } = await workspace.execute(`select
    cast(9007199254740993 as bigint) as a, cast('12345678901234567.89' as decimal(19, 2)) as b,
    cast(10000000 as double) as c, cast('0.00001' as double) as d,
    cast('2020-08-28 03:52:47.123456' as timestamp) as e, cast('2020-08-28' as date) as f,
    cast(null as string) as g, true as h,
    array(cast(1.5 as double), null) as j, '\ufeffx' as k, count(*) as l`);
  assert.equal(body.status.state, "SUCCEEDED", JSON.stringify(body.status));
  assert.deepEqual(body.result.data_array, [[
    "9007199254740993",
    "12345678901234567.89",
    "1.0E7",
    "1.0E-5",
    "2020-08-28T03:52:47.123456Z",
    "2020-08-28",
    null,
    "true",
    '["1.5",null]',
    "\ufeffx",
    "1",
  ]]);
  assert.deepEqual(body.manifest.schema.columns?.map((column) => column["type_text"]), [
    "BIGINT",
    "DECIMAL(19,2)",
    "DOUBLE",
    "DOUBLE",
    "TIMESTAMP",
    "DATE",
    "STRING",
    "BOOLEAN",
    "ARRAY<DOUBLE>",
    "STRING",
    "BIGINT",
  ]);
});

Deno.test("tables are made, filled, described, listed and dropped", async () => {
  await using workspace = await openWorkspace();
  assert.deepEqual(
    await workspace.rows("create or replace table main.default.t as select 1 as a, 'x' as b"),
    [["1", "1"]],
  );
  assert.deepEqual(await workspace.rows("insert into t (b, a) select 'y', 2"), [["1", "1"]]);
  assert.deepEqual(await workspace.rows("insert into t values (3, 'z')"), [["1", "1"]]);
  await workspace.rows("create or replace view v as select a from t where a > 1");
  assert.deepEqual(await workspace.rows("select a from v order by a"), [["2"], ["3"]]);
  assert.deepEqual(await workspace.rows("describe t"), [["a", "int", null], ["b", "string", null]]);
  const tables = await workspace.rows("show tables");
  assert.deepEqual(tables.map(([, name]) => name), ["t", "v"]);
  assert.deepEqual(await workspace.rows("insert overwrite t select 9, 'w'"), [["1", "1"]]);
  assert.deepEqual(await workspace.rows("select a, b from t"), [["9", "w"]]);
  const wrong = await workspace.execute("drop table v");
  assert.equal(wrong.body.status.sql_state, "42809");
  assert.deepEqual(await workspace.rows("drop view v"), []);
  assert.deepEqual(await workspace.rows("drop table if exists nowhere"), []);
  const again = await workspace.execute("create table t as select 1 as a");
  assert.equal(again.body.status.sql_state, "42P07");
});

Deno.test("parameters are values of their types, whatever is in them", async () => {
  await using workspace = await openWorkspace();
  const parameters = [
    { name: "n", value: "7", type: "INT" },
    { name: "s", value: "it's \\ ; -- :n" },
    { name: "none", type: "DATE" },
  ];
  const { body } = await workspace.execute("select :n + 1 as n, :s as s, :none as d", {
    parameters,
  });
  assert.deepEqual(body.result.data_array, [["8", "it's \\ ; -- :n", null]]);
  assert.equal(body.manifest.schema.columns?.[2]?.["type_text"], "DATE");
});

Deno.test("read_files gives lines, whole objects, columns of folders and where all is from", async () => {
  await using workspace = await openWorkspace();
  await workspace.put("top/partition=0/a+0+0.json", '{"index":1,"title":"é"}\r\n\n{"index":"2"}');
  await workspace.put("top/partition=1/a+1+0.json", "no json\n");
  await workspace.put("top/_hidden/x.json", "{}");
  await workspace.put("topper/x.json", "{}");
  const from = (options: string) => `read_files('s3://${bucket}/top', ${options})`;
  assert.deepEqual(
    await workspace.rows(`select partition, value from ${from("format => 'text'")} order by 1, 2`),
    [["0", ""], ["0", '{"index":"2"}'], ["0", '{"index":1,"title":"é"}'], ["1", "no json"]],
  );
  const whole = await workspace.rows(
    `select _metadata.file_path as path, _metadata.file_name as name, value
     from ${from("format => 'text', wholeText => true")} order by path`,
  );
  assert.deepEqual(whole, [
    [
      `s3://${bucket}/top/partition=0/a+0+0.json`,
      "a+0+0.json",
      '{"index":1,"title":"é"}\r\n\n{"index":"2"}',
    ],
    [`s3://${bucket}/top/partition=1/a+1+0.json`, "a+1+0.json", "no json\n"],
  ]);
});

Deno.test("a packed object is unpacked, and a pattern picks objects", async () => {
  await using workspace = await openWorkspace();
  const packed = new Blob(["one\n"]).stream().pipeThrough(new CompressionStream("gzip"));
  await workspace.put("in/a.txt.gz", new Uint8Array(await new Response(packed).arrayBuffer()));
  await workspace.put("in/b.csv", "two\n");
  const query = `select value from read_files('s3://${bucket}/in/*.gz', format => 'text')`;
  assert.deepEqual(await workspace.rows(query), [["one"]]);
});

Deno.test("a generator gives a row for each part with its place", async () => {
  await using workspace = await openWorkspace();
  const parts = [["0", "a"], ["1", "b"], ["2", ""]];
  assert.deepEqual(
    await workspace.rows(`with t as (select 'a,b,' as x)
      select p.pos, p.col from t, lateral posexplode(split(x, ',')) as p(pos, col) order by pos`),
    parts,
  );
  assert.deepEqual(
    await workspace.rows(`select line, part from (
      select posexplode(split(x, ',')) as (line, part) from (select 'a,b,' as x) as t
    ) as cut order by line`),
    parts,
  );
});

/** By a real Spark. */
const names: [column: string, name: string][] = [
  ["count(*)", "count(1)"],
  ["count(distinct a)", "count(DISTINCT a)"],
  ["cast(2.9 as int)", "CAST(2.9 AS INT)"],
  ["try_cast('1' as decimal(10, 2))", "TRY_CAST(1 AS DECIMAL(10,2))"],
  ["1 + 2 * 3", "(1 + (2 * 3))"],
  ["'a' || 'b'", "concat(a, b)"],
  ["not 1 <> 2 and true", "((NOT (NOT (1 = 2))) AND true)"],
  ["a is not null", "(a IS NOT NULL)"],
  ["2 between 1 and 3", "between(2, 1, 3)"],
  ["'a' not like 'b%'", "(NOT a LIKE b%)"],
  ["3 in (1, 2)", "(3 IN (1, 2))"],
  ["case a when 1 then 'x' else 'y' end", "CASE WHEN (a = 1) THEN x ELSE y END"],
  ["trim(both ' ' from 'a')", "TRIM(BOTH   FROM a)"],
  ["substring('abc', 2)", "substring(abc, 2, 2147483647)"],
  ["(select 1)", "scalarsubquery()"],
  ["date '2020-01-01'", "DATE '2020-01-01'"],
  ["1e7", "1.0E7"],
  ["null", "NULL"],
  ["t.a", "a"],
  ["-a", "(- a)"],
  ["if(1 = 1, 2, `a`)", "(IF((1 = 1), 2, a))"],
];

Deno.test("a column without a name has Spark's, in a subquery too", async () => {
  await using workspace = await openWorkspace();
  for (const [column, name] of names) {
    const { body } = await workspace.execute(
      `select * from (select ${column} from (values (1)) as t(a) group by a) as u`,
    );
    assert.deepEqual([column, body.manifest?.schema.columns?.map((of) => of["name"])], [column, [
      name,
    ]]);
  }
});

Deno.test("from_json takes strict JSON, of equal names the last, and lists of texts", async () => {
  await using workspace = await openWorkspace();
  const strict = "map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'false')";
  const texts: [json: string, object: string, list: string | null][] = [
    ['{"a":"x","a":"y"}', '{"a":"y"}', null],
    ['{"a":"x","b":1,"a":null}', '{"a":null}', null],
    ['{"a":"x",}', '{"a":null}', null],
    ['{"a":NaN}', '{"a":null}', null],
    ['{"a":-inf}', '{"a":null}', null],
    ['{"a":"nan,}"}', '{"a":"nan,}"}', null],
    ['[{"end": 1}, 2, "x"]', '{"a":null}', '["{\\"end\\":1}","2","x"]'],
    ["[1,]", '{"a":null}', null],
    ["[1] 2", '{"a":null}', null],
  ];
  for (const [json, object, list] of texts) {
    assert.deepEqual(
      await workspace.rows(`select from_json('${json}', 'a string') as a,
        from_json('${json}', 'array<string>', ${strict}) as b,
        get(from_json('${json}', 'array<string>', ${strict}), 7) as c`),
      [[object, list, null]],
      json,
    );
  }
});

Deno.test("options of from_json that ask for less than strict JSON are refused", async () => {
  await using workspace = await openWorkspace();
  const { body } = await workspace.execute(
    "select from_json('{}', 'a string', map('allowComments', 'true')) as a",
  );
  assert.match(body.status.error?.message ?? "", /SIMULATOR_CANNOT_RUN.*strict JSON/);
});
