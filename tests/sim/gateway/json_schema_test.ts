import assert from "node:assert/strict";
import { readSchema, SchemaError } from "../../../sim/gateway/json_schema.ts";

const fits = (schema: unknown, value: unknown) =>
  readSchema(schema, () => undefined)(value) === null;

/** By keyword: a schema, values that fit it, values that do not. Source: JSON Schema draft 4. */
const cases: [name: string, schema: unknown, good: unknown[], bad: unknown[]][] = [
  ["type", { type: "integer" }, [1, -7, 0], [1.5, "1", null, true, [], {}]],
  ["type number", { type: "number" }, [1, 1.5], ["1", null]],
  ["types", { type: ["string", "null"] }, ["", null], [0, false, {}]],
  ["type object", { type: "object" }, [{}], [[], null]],
  ["enum", { enum: [1, "a", { b: [1], c: 2 }] }, [1, "a", { c: 2, b: [1] }], [2, { b: [1] }]],
  ["required", { required: ["a", "b"] }, [{ a: null, b: 0 }, [], "text"], [{ a: 1 }, {}]],
  ["properties", { properties: { a: { type: "string" } } }, [{ a: "" }, {}, 1], [{ a: 1 }]],
  ["proto", { required: ["__proto__"], properties: { toString: { type: "string" } } }, [1], [{}]],
  [
    "additionalProperties",
    { properties: { a: {} }, patternProperties: { "^x": {} }, additionalProperties: false },
    [{ a: 1, x1: 2 }, {}],
    [{ b: 1 }],
  ],
  ["additional schema", { additionalProperties: { type: "integer" } }, [{ a: 1 }], [{ a: "" }]],
  ["patternProperties", { patternProperties: { "^x": { type: "null" } } }, [{ x: null, y: 1 }], [
    { x1: 1 },
  ]],
  ["minProperties", { minProperties: 1, maxProperties: 2 }, [{ a: 1 }, []], [
    {},
    { a: 1, b: 2, c: 3 },
  ]],
  ["items", { items: { type: "integer" } }, [[], [1], "x"], [[1, "2"]]],
  ["item list", { items: [{ type: "integer" }], additionalItems: false }, [[1], []], [
    ["1"],
    [1, 2],
  ]],
  ["additionalItems", { items: [{}], additionalItems: { type: "null" } }, [[1, null]], [[1, 2]]],
  ["minItems", { minItems: 1, maxItems: 2 }, [[1], {}], [[], [1, 2, 3]]],
  ["uniqueItems", { uniqueItems: true }, [[1, "1", [1], [[1]]], []], [
    [{ a: 1, b: 2 }, { b: 2, a: 1 }],
  ]],
  ["minimum", { minimum: 1 }, [1, "0"], [0.9]],
  ["exclusiveMinimum", { minimum: 1, exclusiveMinimum: true }, [1.1], [1]],
  ["maximum", { maximum: 1 }, [1], [1.1]],
  ["exclusiveMaximum", { maximum: 1, exclusiveMaximum: true }, [0.9], [1]],
  ["multipleOf", { multipleOf: 2.5 }, [5, "x"], [4]],
  ["minLength counts characters", { minLength: 2, maxLength: 2 }, ["ab", "😀😀", 1], ["😀", "abc"]],
  ["pattern is not anchored", { pattern: "b+" }, ["abc", 1], ["ac"]],
  ["allOf", { allOf: [{ minimum: 1 }, { maximum: 2 }] }, [1, 2], [0, 3]],
  ["anyOf", { anyOf: [{ type: "string" }, { minimum: 2 }] }, ["", 2], [1]],
  ["oneOf", { oneOf: [{ minimum: 1 }, { maximum: 2 }] }, [0, 3], [1, 2]],
  ["not", { not: { type: "null" } }, [1], [null]],
  ["what is no keyword", { title: "x", format: "email", example: 1 }, ["no address"], []],
];

for (const [name, schema, good, bad] of cases) {
  Deno.test(`JSON Schema: ${name}`, () => {
    for (const value of good) assert.ok(fits(schema, value), `fits: ${JSON.stringify(value)}`);
    for (const value of bad) assert.ok(!fits(schema, value), `does not: ${JSON.stringify(value)}`);
  });
}

Deno.test("A schema may refer to others and to itself, and a value may be nested only so deep", () => {
  const list = {
    type: "object",
    properties: { next: { $ref: "#/List" }, at: { $ref: "#/Count" } },
  };
  const all: Record<string, unknown> = { "#/List": list, "#/Count": { minimum: 0 } };
  const schema = readSchema({ $ref: "#/List" }, (reference) => all[reference]);
  assert.equal(schema({ at: 0, next: { at: 1, next: {} } }), null);
  assert.notEqual(schema({ next: { next: { at: -1 } } }), null);
  let deep: unknown = {};
  for (let depth = 0; depth < 100_000; depth++) deep = { next: deep };
  assert.equal(schema(deep), "instance is nested too deep");
});

Deno.test("A schema that means nothing is refused when it is read", () => {
  for (
    const schema of [[], "x", { $ref: "#/nowhere" }, { pattern: "(" }, { minimum: "1" }, {
      properties: [],
    }, { items: { type: "x", minLength: null } }]
  ) {
    assert.throws(() => readSchema(schema, () => undefined), SchemaError, JSON.stringify(schema));
  }
});

Deno.test("What is wrong is told in the words of AWS's validator", () => {
  const told = (schema: unknown, value: unknown) => readSchema(schema, () => undefined)(value);
  assert.equal(
    told({ required: ["price", "name"] }, {}),
    'object has missing required properties (["name","price"])',
  );
  assert.equal(
    told({ type: ["integer", "number"] }, "x"),
    'instance type (string) does not match any allowed primitive type (allowed: ["integer","number"])',
  );
});
