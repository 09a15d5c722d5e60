import assert from "node:assert/strict";
import { auditModel, buildSamples } from "../../../pipelines/check/audits.ts";
import { openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import { places, projectOf } from "./projects.ts";

const files = {
  "sql/m.sql": `-- sql/m.sql: people.
-- input    raw: id int, age int, kind string
-- grain    id
-- output   id int, age int, kind string
-- audit warn range(age, 0, 130)
-- audit row_count(5, null)

select
    id,
    age,
    kind
from raw
`,
  "sql/pair.sql": `-- input    m
-- grain    id, kind
-- output   id int, kind string
-- audit relationships(id, m.age)

select id, kind from m
`,
  "sql/m.audit.sql": `-- audit unique(id)
-- audit not_null(kind)
-- audit accepted_values(kind, 'a', 'b')
-- audit matches(kind, '^[a-z]')

-- audit no kind is old
select id, age from m where age > 40 and kind is not null;

select 'told' as promise, kind as witness from m where age = 50;
`,
  "tests/sql/samples/raw.csv": "id,age,kind\n1,20,a\n1,-1,c\n2,50,A\n3,131,\n",
};

async function findingsOf(changed: Record<string, string> = {}, model = "m") {
  await using project = await projectOf({ ...files, ...changed });
  assert.deepEqual(project.problems, []);
  await using db = await openDuckDb({ threads: 1 });
  assert.deepEqual(await buildSamples(db, project), []);
  const { findings, problems } = await auditModel(db, project, model);
  return {
    shown: findings.map(({ severity, promise, rowCount, keys, file, line }) =>
      `${file}:${line}: ${severity}: ${promise}: ${rowCount}: ${keys.join("; ")}`
    ),
    problems: places(problems),
  };
}

Deno.test("each audit that is broken names its rows by their keys", async () => {
  const { shown, problems } = await findingsOf();
  assert.deepEqual(problems, []);
  assert.deepEqual(shown, [
    "sql/m.sql:5: warn: age is not 0 to 130: 2: 1; 3",
    "sql/m.sql:6: error: the number of rows is not 5 or more: 1: 4",
    "sql/m.audit.sql:1: error: id is repeated: 1: 1",
    "sql/m.audit.sql:2: error: kind is missing: 1: 3",
    "sql/m.audit.sql:3: error: kind is none of a, b: 2: 1; 2",
    "sql/m.audit.sql:4: error: kind does not match ^[a-z]: 1: 2",
    "sql/m.audit.sql:7: error: no kind is old: 1: 2",
    "sql/m.audit.sql:9: error: told: 1: A",
  ]);
  assert.deepEqual((await findingsOf({}, "pair")).shown, [
    "sql/pair.sql:4: error: id is not in m.age: 4: 1, a; 1, c; 2, A; 3, null",
  ]);
});

Deno.test("what holds is no finding, and null breaks no promise but not_null", async () => {
  const sample = "id,age,kind\n" + [1, 2, 3, 4, 5].map((id) => `${id},,a\n`).join("");
  assert.deepEqual((await findingsOf({ "tests/sql/samples/raw.csv": sample })).shown, []);
});

Deno.test("an audit that cannot be run is a problem, and the others run", async () => {
  const { shown, problems } = await findingsOf({
    "sql/m.audit.sql": "-- audit not_null(kinds)\n-- audit unique(id)\n\n-- audit nothing\n" +
      "select id\nfrom nowhere;\n\nselect id from m;\n",
  });
  assert.ok(shown.includes("sql/m.audit.sql:2: error: id is repeated: 1: 1"));
  assert.match(problems[0] ?? "", /^sql\/m\.audit\.sql:1: .*"kinds" not found/);
  assert.match(problems[1] ?? "", /^sql\/m\.audit\.sql:6: .*nowhere does not exist/);
  assert.match(problems[2] ?? "", /^sql\/m\.audit\.sql:8: The query returns id; write a line/);
  assert.equal(problems.length, 3);
});

Deno.test("an audit that would not run on Databricks is refused with its line", async () => {
  const { problems } = await findingsOf({
    "sql/m.audit.sql": "-- audit odd\nselect id from m\nwhere len(kind) > 1;\n",
  });
  assert.match(problems[0] ?? "", /^sql\/m\.audit\.sql:3: .*len/);
});

Deno.test("more broken rows than are read are told to be more", async () => {
  const rows = Array.from({ length: 1002 }, (_, id) => `${id},20,c\n`).join("");
  await using project = await projectOf({
    ...files,
    "tests/sql/samples/raw.csv": `id,age,kind\n${rows}`,
  });
  await using db = await openDuckDb({ threads: 1 });
  await buildSamples(db, project);
  const { findings } = await auditModel(db, project, "m");
  const found = findings.find(({ promise }) => promise.startsWith("kind is none"));
  assert.deepEqual([found?.rowCount, found?.isMore, found?.keys.length], [1000, true, 5]);
});
