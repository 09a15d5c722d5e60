import assert from "node:assert/strict";
import {
  expandAudits,
  headerAudits,
  readAuditFile,
} from "../../../pipelines/warehouse/audit_rules.ts";
import { openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import { lint } from "../../../sql/dialect/mod.ts";

const model = { name: "m", grain: ["id", "kind"] };

const text = `-- m.audit.sql: about m
-- audit unique(id)
-- audit warn range(age, 0, null)

-- audit a sentence, with a comma
select
    id,
    kind
from m
where age = 7;

-- audit warn nobody is five
select id, kind from m where age = 5;

-- promise string, witness string
select 'told' as promise, kind as witness from m where age = 6;
-- audit not_null(kind)
`;

Deno.test("expanded audits are plain statements of both engines, on the same lines", async () => {
  const expanded = expandAudits(text, "m.audit.sql", model);
  assert.deepEqual(lint(expanded), []);
  const lineOf = (all: string, part: string) =>
    all.split("\n").findIndex((line) => line.includes(part));
  for (const part of ["where age = 7", "where age = 5", "where age = 6"]) {
    assert.ok(lineOf(expanded, part) >= lineOf(text, part));
  }
  await using db = await openDuckDb({ threads: 1 });
  await db.run(`create table m as from (values
    (1, 'a', 7), (1, 'b', 5), (2, null, 6), (3, 'c', -1), (4, 'd', -2)) as m(id, kind, age)`);
  assert.deepEqual(await db.audit(expanded, "m.audit.sql"), {
    broken: [
      { promise: "id is repeated", witness: "1" },
      { promise: "a sentence, with a comma", witness: "1, a" },
      { promise: "told", witness: null },
      { promise: "kind is missing", witness: "2, null" },
    ],
    warnings: [
      { warning: "age is not 0 or more", valueCount: 2 },
      { warning: "nobody is five", valueCount: 1 },
    ],
  });
});

Deno.test("an audit file without any audit of one line stays as it is", () => {
  const plain =
    "-- x\nselect 'p' as promise, 'w' as witness from m;\n\nselect 'q' as promise from m\n";
  assert.equal(expandAudits(plain, "m.audit.sql", model), plain);
});

Deno.test("the audits of a header are statements as well", () => {
  const header = "-- output id int\n-- audit not_null(id)\n-- audit row_count(1, 9)\n\nselect 1\n";
  const statements = headerAudits(header, { name: "m", grain: [] });
  assert.equal(statements.split(";\n").length, 3);
  assert.deepEqual(lint(statements), []);
});

const wrong: [text: string, message: RegExp][] = [
  ["-- audit not_null()", /write not_null\(column\)/],
  ["-- audit range(age, 1)", /write range\(column, low, high\)/],
  ["-- audit range(age, null, null)", /null for no bound/],
  ["-- audit relationships(a, b)", /write relationships\(column, table\.column\)/],
  ["-- audit accepted_values(a)", /write accepted_values/],
  ["-- audit between(a, 1, 2)", /There is no audit between; write one of not_null/],
  ["-- audit nobody is five", /has no query/],
  ["-- audit one\n-- audit two\nselect id from m", /has no query/],
  ["select id\n-- audit not_null(id)\nfrom m", /within a query/],
];

for (const [text, message] of wrong) {
  Deno.test(`'${text.replaceAll("\n", " ")}' is refused with its line`, () => {
    const { problems } = readAuditFile(`\n${text}`, "m.audit.sql", model);
    assert.match(problems[0]?.message ?? "", message);
    assert.equal(problems[0]?.line, text.startsWith("select") ? 3 : 2);
    assert.throws(() => expandAudits(text, "m.audit.sql", model), SyntaxError);
  });
}
