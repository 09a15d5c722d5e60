import assert from "node:assert/strict";
import { openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import { checkShape, runCase } from "../../../pipelines/check/run_case.ts";
import type { CaseResult } from "../../../pipelines/check/types.ts";
import { places, projectOf, runAll } from "./projects.ts";

const model = `-- sql/m.sql: orders by day.
-- input    raw: id string, amount string, made timestamp
-- grain    id
-- output   id int, amount decimal(10, 2), day int, tags array<string>

with parsed as (
    select
        id,
        cast(amount as decimal(10, 2)) as amount,
        day(made) as day
    from raw
),

doubled (id, twice) as (select id, amount * 2 from parsed)

select
    cast(id as int) as id,
    amount,
    day,
    array(id, 'x') as tags
from parsed
`;

async function resultOf(test: string, text = model): Promise<CaseResult> {
  await using project = await projectOf({ "sql/m.sql": text, "tests/sql/m.test": test });
  assert.deepEqual(project.problems, []);
  const [result] = await runAll(project);
  assert.ok(result !== undefined);
  return result;
}

const given = `test t
  given raw
    | id | amount | made                |
    | 1  | 1.5    | 2020-01-02 00:00:00 |
    | 2  | 20     | 2020-01-03 00:00:00 |
`;

Deno.test("a case holds whose expected cells are there, whatever else is there", async () => {
  const result = await resultOf(`${given}
    expect
      | id int | amount decimal(10, 2) | tags       |
      | 2      | 20.00                 | ["2", "x"] |
      | 1      | 1.5                   | ["1", "x"] |
    expect parsed
      | id string | day | amount |
      | 1         | 2   | 1.50   |
      | 2         | 3   | 20     |
    expect doubled ordered
      {"id": "1", "twice": 3}
      {"id": "2"}
  `);
  assert.deepEqual([result.problems, result.differences, result.ok], [[], [], true]);
});

Deno.test("a difference names key, column, expected, actual and the line of the row", async () => {
  const { ok, differences, problems } = await resultOf(`${given}
    expect
      | id | amount | day |
      | 1  | 1.51   | 2   |
      | 3  | 20     | 3   |
  `);
  assert.equal(ok, false);
  assert.deepEqual(problems, []);
  const id = (value: string) => ({ column: "id", value });
  const place = { cte: null, file: "tests/sql/m.test" };
  assert.deepEqual(differences, [
    {
      kind: "cell",
      ...place,
      key: [id("1")],
      column: "amount",
      expected: "1.51",
      actual: "1.50",
      line: 9,
    },
    {
      kind: "missing",
      ...place,
      key: [id("3")],
      row: [id("3"), { column: "amount", value: "20.00" }, { column: "day", value: "3" }],
      line: 10,
    },
    {
      kind: "extra",
      ...place,
      key: [id("2")],
      row: [id("2"), { column: "amount", value: "20.00" }, { column: "day", value: "3" }],
      line: 7,
    },
  ]);
});

const mistakes: [what: string, test: string, expected: string[]][] = [
  [
    "a table that is not read",
    "test t\ngiven pins\n| x |\n| 1 |\nexpect no rows",
    ["tests/sql/m.test:2: m does not read pins; it reads raw"],
  ],
  [
    "an unknown column of a table",
    "test t\ngiven raw\n| idd |\n| 1 |\nexpect no rows",
    ["tests/sql/m.test:3: raw has no column idd; it has id, amount, made"],
  ],
  [
    "an unknown column of the model",
    "test t\nexpect\n| idd |\n| 1 |",
    ["tests/sql/m.test:3: m has no column idd; it has id, amount, day, tags"],
  ],
  [
    "an unknown CTE",
    "test t\nexpect parsd no rows",
    ["tests/sql/m.test:2: m has no CTE parsd; it has parsed, doubled"],
  ],
  [
    "values of a wrong type, all of them",
    'test t\ngiven raw\n| made |\n| noon |\nexpect\n| id | day |\n| "1" | 2.5 |',
    [
      "tests/sql/m.test:4: Column made: noon is no timestamp: write 2020-08-28 03:52:47, in UTC " +
      "or with its zone",
    ],
  ],
  [
    "expected values of a wrong type, all of them",
    'test t\nexpect\n| id | day |\n| "1" | 2 |\n| 1 | 2.5 |',
    [
      'tests/sql/m.test:4: Column id: "1" is no int: it is a text; write it without quotes for ' +
      "a number",
      "tests/sql/m.test:5: Column day: 2.5 is no int",
    ],
  ],
  [
    "another type than the model's",
    "test t\nexpect\n| id bigint |\n| 1 |",
    ["tests/sql/m.test:3: The test says that id is bigint, in m it is int"],
  ],
  [
    "a value that the model cannot read",
    "test t\ngiven raw\n| amount |\n| x |\nexpect no rows",
    ["sql/m.sql:9: Conversion Error: Could not convert string"],
  ],
];

for (const [what, test, expected] of mistakes) {
  Deno.test(`a case with ${what} is a problem with its file and line`, async () => {
    const { problems, ok } = await resultOf(test);
    const beginnings = places(problems).map((place, at) => place.slice(0, expected[at]?.length));
    assert.deepEqual([beginnings, ok], [expected, false]);
  });
}

const clocked = `-- input    raw: id int
-- output   id int, today date, at timestamp, ago int

select
    id,
    current_date as today,
    current_timestamp as at,
    datediff(current_date(), cast('2020-02-01' as date)) as ago
from raw
`;

Deno.test("the clock stands where the case says, for each case anew", async () => {
  await using project = await projectOf({
    "sql/m.sql": clocked,
    "tests/sql/m.test": `
test leap day
  at 2020-02-29 23:59:59
  given raw
    | id |
    | 1  |
  expect
    | today      | at                  | ago |
    | 2020-02-29 | 2020-02-29 23:59:59 | 28  |
test none
  given raw
    | id |
    | 1  |
  expect no rows
test other
  at 2021-01-01T00:30:00+01:00
  given raw
    | id |
    | 1  |
  expect
    | today      |
    | 2020-12-31 |
`,
  });
  const [leap, none, other] = await runAll(project);
  assert.deepEqual([leap?.problems, leap?.ok], [[], true]);
  assert.deepEqual([other?.problems, other?.ok], [[], true]);
  assert.match(none?.problems[0]?.message ?? "", /needs a line 'at <timestamp>'/);
});

Deno.test("one table of a case serves several inputs, each takes its own columns", async () => {
  await using project = await projectOf({
    "sql/a.sql": "-- input x: id int, a int\n-- output id int, a int\n\nselect id, a from x\n",
    "sql/b.sql": "-- input y: id int, b int\n-- output id int, b int\n\nselect id, b from y\n",
    "sql/m.sql": "-- input a, b\n-- output a int, b int\n\n" +
      "select a.a, b.b from a join b on a.id = b.id\n",
    "tests/sql/m.test": "test t\n  given a, b\n    | id | a | b |\n    | 1 | 2 | 3 |\n" +
      "  expect\n    | a | b |\n    | 2 | 3 |\n" +
      "test u\n  given a, b\n    | id | c |\n    | 1 | 2 |\n  expect no rows\n",
  });
  const [both, unknown] = await runAll(project);
  assert.deepEqual([both?.problems, both?.differences], [[], []]);
  assert.equal(
    places(unknown?.problems ?? [])[0],
    "tests/sql/m.test:10: a has no column c; it has id, a",
  );
});

Deno.test("cases in several sessions of one database do not see each other", async () => {
  const rows = (count: number) => Array.from({ length: count }, (_, id) => `| ${id} |`).join("\n");
  await using project = await projectOf({
    "sql/m.sql": "-- input raw: id int\n-- output n bigint\n\nselect count(*) as n from raw\n",
    "tests/sql/m.test": Array.from(
      { length: 20 },
      (_, at) => `test ${at}\ngiven raw\n| id |\n${rows(at)}\nexpect\n| n |\n| ${at} |\n`,
    ).join("\n"),
  });
  assert.equal(project.cases.length, 20);
  await using db = await openDuckDb({ threads: 1 });
  const other = await db.session();
  const results = await Promise.all(
    project.cases.map((test, at) => runCase(at % 2 === 0 ? db : other, project, test)),
  );
  other.close();
  assert.ok(results.every(({ ok }) => ok));
  assert.deepEqual(await db.rows("SELECT table_name FROM duckdb_tables()"), []);
});

const shapes: [what: string, text: string, expected: string][] = [
  [
    "an unknown table",
    "-- input raw: id int\n-- output id int\n\nselect id\nfrom rawer\n",
    "sql/m.sql:5: Catalog Error: Table with name rawer does not exist. Did you mean",
  ],
  [
    "an unknown column",
    "-- input raw: id int\n-- output id int\n\nselect\n    idd as id\nfrom raw\n",
    'sql/m.sql:5: Binder Error: Referenced column "idd" not found in FROM clause. Candidate',
  ],
  [
    "a syntax error",
    "-- input raw: id int\n-- output id int\n\nselect id,\nfrom raw\nwhere where\n",
    "sql/m.sql:6: Parser Error",
  ],
  [
    "an end too early",
    "-- input raw: id int\n-- output id int\n\nselect id from raw where\n",
    "sql/m.sql:4: Parser Error",
  ],
  [
    "columns that its header does not declare",
    "-- input raw: id int\n-- output id int\n\nselect id, 1 as one from raw\n",
    "sql/m.sql:2: The header declares id, the query selects id, one",
  ],
  [
    "a table that nothing declares",
    "-- input raw\n-- output id int\n\nselect id from raw\n",
    "sql/m.sql:1: m reads raw, which is neither a model nor a declared source; write",
  ],
];

for (const [what, text, expected] of shapes) {
  Deno.test(`a model with ${what} is a problem with its file and line`, async () => {
    await using project = await projectOf({ "sql/m.sql": text });
    await using db = await openDuckDb({ threads: 1 });
    const [first = ""] = places(await checkShape(db, project, "m"));
    assert.equal(first.slice(0, expected.length), expected, first);
  });
}

Deno.test("a model may be the body of a view", async () => {
  const { ok, problems } = await resultOf(
    "test t\ngiven raw\n| id |\n| 1 |\nexpect\n| id |\n| 1 |",
    "-- input raw: id int\n-- output id int\n\ncreate or replace view m as\nselect id from raw\n",
  );
  assert.deepEqual([problems, ok], [[], true]);
});
