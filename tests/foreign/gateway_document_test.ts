/**
 * Judges: openapi-spec-validator on the documents that are deployed, and Python's jsonschema on
 * models of the gateway, value by value.
 */
import assert from "node:assert/strict";
import { gatewayDefinition } from "../../pipelines/deploy/gateway/mod.ts";
import { resourcesOf } from "../../pipelines/resources.ts";
import { readSchema } from "../../sim/gateway/json_schema.ts";
import { worldFromSeed } from "../../sim/world.ts";
import { mustRun, python } from "./tools.ts";

Deno.test("The deployed documents are valid OpenAPI 3.0", async () => {
  const bin = await python();
  const script = "import json, sys\n" +
    "from openapi_spec_validator import OpenAPIV30SpecValidator as Validator\n" +
    "errors = list(Validator(json.load(sys.stdin)).iter_errors())\n" +
    "print([str(error) for error in errors])";
  const place = { accountId: "111122223333", restProxy: "rest.example.com:8082" };
  for (const auth of ["iam", "key", "none"] as const) {
    const text = await gatewayDefinition(resourcesOf("0123456789ab"), place, auth);
    assert.equal((await mustRun(bin, ["-c", script], { stdin: text })).trim(), "[]");
  }
});

/** Schemas and values of a seed, small enough to meet each other. */
class Dice {
  readonly #roll: () => number;

  constructor(seed: number) {
    this.#roll = worldFromSeed(seed).random("schemas");
  }

  number(below: number): number {
    return Math.floor(this.#roll() * below);
  }

  one<T>(all: readonly T[]): T {
    return all[this.number(all.length)]!;
  }

  value(depth = 2): unknown {
    const kind = this.number(depth > 0 ? 7 : 5);
    if (kind === 5) return Array.from({ length: this.number(4) }, () => this.value(depth - 1));
    if (kind === 6) {
      return Object.fromEntries(this.names().map((name) => [name, this.value(depth - 1)]));
    }
    return [
      null,
      this.number(2) === 1,
      this.number(6) - 2,
      this.number(8) / 4 + 0.1,
      this.text(),
    ][kind];
  }

  schema(depth = 2): Record<string, unknown> {
    const schema: Record<string, unknown> = {};
    for (let count = this.number(4); count > 0; count--) {
      const keyword = this.one(Object.keys(this.keywords));
      const value = this.keywords[keyword]!(depth);
      if (value !== undefined) schema[keyword] = value;
    }
    // Draft 4: these mean nothing alone.
    if (!("minimum" in schema)) delete schema["exclusiveMinimum"];
    if (!("maximum" in schema)) delete schema["exclusiveMaximum"];
    return schema;
  }

  readonly keywords: Record<string, (depth: number) => unknown> = {
    type: () =>
      this.number(2) === 0
        ? this.one(types)
        : [this.one(types.slice(0, 3)), this.one(types.slice(3))],
    enum: () => [this.value(1), { unlike: "the others" }],
    required: () => [this.one(names)],
    properties: (depth) => depth > 0 ? { [this.one(names)]: this.schema(depth - 1) } : undefined,
    patternProperties: (depth) => depth > 0 ? { "^[ab]": this.schema(depth - 1) } : undefined,
    additionalProperties: (depth) => depth > 0 && this.number(2) ? this.schema(depth - 1) : false,
    minProperties: () => this.number(3),
    maxProperties: () => this.number(3),
    items: (depth) =>
      depth === 0
        ? undefined
        : this.number(2)
        ? this.schema(depth - 1)
        : [this.schema(depth - 1), this.schema(depth - 1)],
    additionalItems: (depth) => depth > 0 && this.number(2) ? this.schema(depth - 1) : false,
    minItems: () => this.number(3),
    maxItems: () => this.number(3),
    uniqueItems: () => this.number(2) === 1,
    minimum: () => this.number(4) - 1,
    exclusiveMinimum: () => this.number(2) === 1,
    maximum: () => this.number(4) - 1,
    exclusiveMaximum: () => this.number(2) === 1,
    multipleOf: () => this.number(3) + 1,
    minLength: () => this.number(4),
    maxLength: () => this.number(4),
    pattern: () => this.one(["^a", "b$", "[0-9]", "é"]),
    allOf: (depth) => this.#some(depth),
    anyOf: (depth) => this.#some(depth),
    oneOf: (depth) => this.#some(depth),
    not: (depth) => depth > 0 ? this.schema(depth - 1) : undefined,
  };

  #some(depth: number): unknown {
    return depth > 0 ? [this.schema(depth - 1), this.schema(depth - 1)] : undefined;
  }

  names(): string[] {
    return names.filter(() => this.number(2) === 1);
  }

  text(): string {
    return this.one(["", "a", "ab", "b1", "é😀", "abab"]);
  }
}

const names = ["a", "b", "c"];
const types = ["integer", "number", "string", "object", "array", "boolean", "null"];

Deno.test("Models agree with Python's jsonschema on 5,000 seeded schemas and values", async () => {
  const bin = await python();
  const dice = new Dice(7);
  const cases = Array.from({ length: 5000 }, () => {
    const schema = dice.schema();
    return { schema, values: Array.from({ length: 4 }, () => dice.value()) };
  });
  const script = "import json, sys\nfrom jsonschema import Draft4Validator as Validator\n" +
    "print(json.dumps([[Validator(one['schema']).is_valid(value) for value in one['values']] " +
    "for one in json.load(sys.stdin)]))";
  const judged: boolean[][] = JSON.parse(
    await mustRun(bin, ["-c", script], { stdin: JSON.stringify(cases) }),
  );
  for (const [at, { schema, values }] of cases.entries()) {
    const fits = readSchema(schema, () => undefined);
    const found = values.map((value) => fits(value) === null);
    assert.deepEqual(found, judged[at], JSON.stringify({ schema, values }));
  }
});
