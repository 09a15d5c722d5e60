import assert from "node:assert/strict";
import { columnsOf, readProject } from "../../../pipelines/check/project.ts";
import { UsageError } from "../../../pipelines/errors.ts";
import { folderOf, places, projectOf } from "./projects.ts";

const model = (inputs: string) => `-- input ${inputs}\n-- output id int\n\nselect id from x\n`;

Deno.test("a project is models in the order of their reading, with tests, sources and samples", async () => {
  await using project = await projectOf({
    "sql/b/top.sql": model("a_low, raw"),
    "sql/c/deep/a_low.sql": model("raw2: id int, name string"),
    "sql/schema.sql": "create table raw (id bigint not null, price decimal(10, 2));",
    "sql/b/top.audit.sql": "-- audit unique(id)\n",
    "sql/b/beside.test": "model b/top.sql\ntest beside\nexpect no rows\n",
    "tests/sql/b/top.test": "test far\ngiven raw from rows.csv\nexpect no rows\n",
    "tests/sql/b/rows.csv": "id\n1\n",
    "tests/sql/samples/raw.jsonl": '{"id": 1}\n',
  });
  assert.deepEqual(project.problems, []);
  assert.deepEqual([...project.models.keys()], ["a_low", "top"]);
  assert.deepEqual(project.cases.map(({ name, model, file }) => [name, model, file]), [
    ["beside", "top", "sql/b/beside.test"],
    ["far", "top", "tests/sql/b/top.test"],
  ]);
  assert.equal(project.cases[1]?.given[0]?.rows.file, "tests/sql/b/rows.csv");
  const top = project.models.get("top");
  assert.ok(top !== undefined);
  assert.deepEqual([top.group, top.file, top.audits.length], ["b", "sql/b/top.sql", 1]);
  assert.deepEqual(columnsOf(project, top, "a_low"), [{ name: "id", type: "int" }]);
  assert.deepEqual(columnsOf(project, top, "raw"), [
    { name: "id", type: "bigint" },
    { name: "price", type: "decimal(10,2)" },
  ]);
  assert.equal(columnsOf(project, top, "nothing"), null);
  assert.deepEqual([...project.samples.keys()], ["raw"]);
});

Deno.test("a part of a query that is given what it reads is no model", async () => {
  await using project = await projectOf({
    ...good,
    "sql/records/part.sql":
      "-- what it does\n-- input    {source}: id\n\nselect id from {source}\n",
  });
  assert.deepEqual(project.problems, []);
  assert.deepEqual([...project.models.keys()], ["good"]);
});

const good = { "sql/good.sql": model("raw: id int"), "sql/good.test": "test t\nexpect no rows\n" };

const bad: [what: string, files: Record<string, string | Uint8Array>, expected: string[]][] = [
  [
    "a model without header",
    { "sql/m.sql": "select 1 as id\n", "sql/m.test": "test t\nexpect no rows\n" },
    [
      "sql/m.sql:1: There is no header: write '-- input table: column type, …' and " +
      "'-- output column type, …' above the query",
    ],
  ],
  [
    "a header with a type of no engine",
    { "sql/m.sql": "-- input raw: id int\n-- output id number\n\nselect 1" },
    ["sql/m.sql:2: Cannot use the type 'number': no such type on both engines"],
  ],
  [
    "a file that is not UTF-8",
    { "sql/m.sql": new Uint8Array([45, 45, 10, 45, 45, 32, 0xe4, 10]) },
    ["sql/m.sql:2: This is no UTF-8 text; save the file as UTF-8"],
  ],
  [
    "a test that names a missing model",
    { "tests/sql/m.test": "# lost\ntest t\nexpect no rows\n" },
    ["tests/sql/m.test:2: There is no model m in sql; models: good"],
  ],
  [
    "a circle of models",
    {
      "sql/a.sql": model("b"),
      "sql/b.sql": model("c"),
      "sql/c.sql": model("b"),
    },
    ["sql/b.sql:1: The models read each other in a circle: b reads c reads b"],
  ],
  [
    "two models of one name",
    { "sql/z/good.sql": model("raw: id int") },
    ["sql/z/good.sql:1: sql/good.sql is a model of this name too"],
  ],
  [
    "a schema with other statements",
    { "sql/schema.sql": "drop table x;\ncreate table y (id number)" },
    [
      "sql/schema.sql:1: Only CREATE TABLE name (column type, …) stands in a schema",
      "sql/schema.sql:2: The column id has no type that both engines know: 'number'",
    ],
  ],
  [
    "an unknown audit",
    { "sql/good.audit.sql": "\n-- audit not_nul(id)\n" },
    [
      "sql/good.audit.sql:2: There is no audit not_nul; write one of not_null, unique, " +
      "accepted_values, relationships, range, matches, row_count",
    ],
  ],
  [
    "a broken sample",
    { "tests/sql/samples/raw.jsonl": '{"id": 1}\n{"id": \n' },
    ["tests/sql/samples/raw.jsonl:2: '{\"id\":' is no JSON object"],
  ],
];

for (const [what, files, expected] of bad) {
  Deno.test(`${what} is told with file and line, and the others are read`, async () => {
    await using project = await projectOf({ ...good, ...files });
    assert.deepEqual(places(project.problems), expected);
    assert.ok(project.models.has("good"));
    assert.ok(project.cases.some(({ model }) => model === "good"));
  });
}

Deno.test("a folder without models is a problem, and no folder at all a wrong usage", async () => {
  await using project = await projectOf({ "sql/readme.txt": "" });
  assert.deepEqual(places(project.problems), [
    "sql:1: There are no models here; a model is a file name.sql with one query",
  ]);
  await using folder = await folderOf({});
  await assert.rejects(readProject({ folder: `${folder.path}/none` }), UsageError);
});

Deno.test("test folders may be named, and then no others are read", async () => {
  await using folder = await folderOf({
    ...good,
    "elsewhere/good.test": "test other\nexpect no rows\n",
  });
  const options = { folder: `${folder.path}/sql/`, tests: [`${folder.path}/elsewhere`] };
  const { cases, problems } = await readProject(options);
  assert.deepEqual([cases.map(({ name }) => name), problems], [["other"], []]);
});
