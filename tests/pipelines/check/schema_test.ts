import assert from "node:assert/strict";
import { readSchema } from "../../../pipelines/check/schema.ts";

Deno.test("a schema is names and types, whatever else its statements say", () => {
  const { tables, problems } = readSchema(
    `-- what the shop sends
create table if not exists main.raw_orders (
    id bigint not null comment 'as the shop, and we, count',
    \`order date\` date default null,
    lines array<string>,
    total decimal(10, 2),
    constraint pk primary key (id)
) using delta;
create or replace table Raw_Users (id int);`,
    "schema.sql",
  );
  assert.deepEqual(problems, []);
  assert.deepEqual([...tables], [
    ["raw_orders", [
      { name: "id", type: "bigint" },
      { name: "order date", type: "date" },
      { name: "lines", type: "array<string>" },
      { name: "total", type: "decimal(10,2)" },
    ]],
    ["raw_users", [{ name: "id", type: "int" }]],
  ]);
});
