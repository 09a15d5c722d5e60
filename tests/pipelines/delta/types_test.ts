import assert from "node:assert/strict";
import {
  arrayOf,
  checkColumns,
  type DeltaColumn,
  duckDbTypeOf,
  parseSchema,
  schemaString,
  typeText,
} from "../../../pipelines/delta/types.ts";
import { UsageError } from "../../../pipelines/errors.ts";

Deno.test("A schema as Spark writes it is read, with all that is within", () => {
  // The shape of the protocol's own example of a schema.
  const text = JSON.stringify({
    type: "struct",
    fields: [
      { name: "a", type: "integer", nullable: false, metadata: { comment: "key" } },
      {
        name: "b",
        type: {
          type: "struct",
          fields: [{ name: "d", type: "decimal(10, 2)", nullable: false, metadata: {} }],
        },
        nullable: true,
        metadata: {},
      },
      {
        name: "c",
        type: { type: "array", elementType: "timestamp", containsNull: false },
        nullable: true,
        metadata: {},
      },
      {
        name: "e",
        type: { type: "map", keyType: "string", valueType: "byte", valueContainsNull: true },
        nullable: true,
        metadata: {},
      },
    ],
  });
  const columns = parseSchema(text, "t");
  assert.deepEqual(columns.map(({ name, nullable }) => [name, nullable]), [
    ["a", false],
    ["b", true],
    ["c", true],
    ["e", true],
  ]);
  assert.deepEqual(columns.map(({ type }) => duckDbTypeOf(type)), [
    "INTEGER",
    `STRUCT("d" DECIMAL(10, 2))`,
    "TIMESTAMP WITH TIME ZONE[]",
    "MAP(VARCHAR, TINYINT)",
  ]);
  assert.deepEqual(columns.map(({ type }) => typeText(type)), [
    "integer",
    "struct<d: decimal(10, 2)>",
    "array<timestamp>",
    "map<string, byte>",
  ]);
  assert.deepEqual(
    JSON.parse(schemaString(columns)),
    JSON.parse(text),
    "nothing is lost on the way",
  );
});

Deno.test("Columns that readers could not tell apart or name are refused", () => {
  const of = (...names: string[]): DeltaColumn[] =>
    names.map((name) => ({ name, type: arrayOf("long") }));
  checkColumns(of("ind", "Follower_count", "é"), "t");
  for (const names of [[], ["a", "A"], ["a b"], ["a,b"], ["a\tb"], ["a=b"], [""]]) {
    assert.throws(() => checkColumns(of(...names), "t"), UsageError, names.join());
  }
});
