/**
 * JSON Schema, draft 4: a model -> whether a value fits it, and if not, the first thing that is
 * wrong. A schema is read once; what it cannot mean is refused then.
 *
 * Assumed: the sentences about a value, which are those of the validator that AWS is said to use.
 *
 * Source: JSON Schema draft 4, "JSON Schema: interactive and non interactive validation".
 * Left out: `format`, `dependencies`, references into other documents; a number that is written
 * with a point and is whole counts as an integer.
 */

/** The first thing that is wrong with a value; null: it fits. */
export type Schema = (value: unknown, depth?: number) => string | null;

/** The schema itself is none. */
export class SchemaError extends Error {
  override readonly name = "SchemaError";
}

type Fields = Record<string, unknown>;
/** What one keyword looks at. */
type Check = (value: unknown, depth: number) => string | null;

/** A schema that refers to itself goes no deeper into a value than this. */
const depthMax = 256;

/**
 * @param refer what a reference leads to; undefined: nothing
 * @throws {SchemaError}
 */
export function readSchema(schema: unknown, refer: (reference: string) => unknown): Schema {
  return new Reader(refer).read(schema);
}

class Reader {
  readonly #refer: (reference: string) => unknown;
  readonly #byReference = new Map<string, Schema>();

  constructor(refer: (reference: string) => unknown) {
    this.#refer = refer;
  }

  read(given: unknown): Schema {
    if (!isFields(given)) throw new SchemaError("a schema must be an object");
    const reference = given["$ref"];
    if (typeof reference === "string") return this.#referred(reference);
    const checks = Object.entries(given).flatMap(([keyword, value]) => {
      const check = this.#check(keyword, value, given);
      return check === null ? [] : [check];
    });
    return (value, depth = 0) => {
      if (depth > depthMax) return "instance is nested too deep";
      for (const check of checks) {
        const wrong = check(value, depth + 1);
        if (wrong !== null) return wrong;
      }
      return null;
    };
  }

  /** Known before it is read, so that a schema may refer to itself. */
  #referred(reference: string): Schema {
    if (!this.#byReference.has(reference)) {
      const target = this.#refer(reference);
      if (target === undefined) throw new SchemaError(`there is nothing at '${reference}'`);
      let schema: Schema | null = null;
      this.#byReference.set(reference, (value, depth = 0) => schema!(value, depth + 1));
      schema = this.read(target);
    }
    return this.#byReference.get(reference)!;
  }

  /** Null: a keyword that says nothing about values. */
  #check(keyword: string, given: unknown, schema: Fields): Check | null {
    const make = keywords[keyword];
    return make === undefined
      ? null
      : make({ keyword, given, schema, read: (one) => this.read(one) });
  }
}

interface Keyword {
  keyword: string;
  given: unknown;
  /** Whose keyword it is. */
  schema: Fields;
  read(schema: unknown): Schema;
}

const keywords: Readonly<Record<string, (keyword: Keyword) => Check>> = {
  type: ({ given }) => {
    const allowed = textsOf(given);
    const words = JSON.stringify(allowed);
    return (value) => {
      const type = typeOf(value);
      if (allowed.includes(type) || type === "integer" && allowed.includes("number")) return null;
      const found = `instance type (${type}) does not match any allowed primitive type`;
      return `${found} (allowed: ${words})`;
    };
  },
  enum: ({ given }) => {
    const values = new Set(listOf(given).map(canonical));
    const found = (value: unknown) => `instance value (${JSON.stringify(value)}) not found in enum`;
    return (value) =>
      values.has(canonical(value))
        ? null
        : `${found(value)} (possible values: ${JSON.stringify(given)})`;
  },
  required: ({ given }) => {
    const names = textsOf(given);
    return ofFields((fields) => {
      const missing = names.filter((name) => !Object.hasOwn(fields, name)).sort();
      if (missing.length === 0) return null;
      return `object has missing required properties (${JSON.stringify(missing)})`;
    });
  },
  properties: ({ given, read }) => {
    const schemas = schemasOf(given, read);
    return ofFields((fields, depth) =>
      first(
        schemas,
        ([name, schema]) => Object.hasOwn(fields, name) ? schema(fields[name], depth) : null,
      )
    );
  },
  patternProperties: ({ given, read }) => {
    const schemas = schemasOf(given, read).map(([text, schema]) =>
      [pattern(text), schema] as const
    );
    return ofFields((fields, depth) =>
      first(
        Object.keys(fields),
        (name) =>
          first(schemas, ([test, schema]) => test.test(name) ? schema(fields[name], depth) : null),
      )
    );
  },
  additionalProperties: ({ given, schema, read }) => {
    if (given === true) return always;
    const known = isFields(schema["properties"]) ? schema["properties"] : {};
    const patterns = isFields(schema["patternProperties"])
      ? Object.keys(schema["patternProperties"]).map(pattern)
      : [];
    const isOther = (name: string) =>
      !Object.hasOwn(known, name) && !patterns.some((test) => test.test(name));
    const other = given === false ? null : read(given);
    return ofFields((fields, depth) => {
      const others = Object.keys(fields).filter(isOther);
      if (other !== null) return first(others, (name) => other(fields[name], depth));
      if (others.length === 0) return null;
      const found = JSON.stringify(others.sort());
      return `object instance has properties which are not allowed by the schema: ${found}`;
    });
  },
  minProperties: atLeast(countOfFields, "object has too few properties"),
  maxProperties: atMost(countOfFields, "object has too many properties"),
  items: ({ given, schema, read }) => {
    if (!Array.isArray(given)) {
      const one = read(given);
      return ofItems((items, depth) => first(items, (item) => one(item, depth)));
    }
    const schemas = given.map((one) => read(one));
    const additional = schema["additionalItems"] ?? true;
    const other = isFields(additional) ? read(additional) : null;
    return ofItems((items, depth) => {
      if (additional === false && items.length > schemas.length) return "array has too many items";
      return first(
        [...items.entries()],
        ([at, item]) => (schemas[at] ?? other ?? always)(item, depth),
      );
    });
  },
  minItems: atLeast(countOfItems, "array is too short"),
  maxItems: atMost(countOfItems, "array is too long"),
  uniqueItems: ({ given }) =>
    ofItems((items) => {
      if (given !== true || new Set(items.map(canonical)).size === items.length) return null;
      return "array must not contain duplicate elements";
    }),
  minimum: ({ given, schema }) => {
    const bound = numberOf(given);
    const isExclusive = schema["exclusiveMinimum"] === true;
    return ofNumber((value) => {
      if (isExclusive ? value > bound : value >= bound) return null;
      return `numeric instance is lower than the required minimum (minimum: ${bound}, ` +
        `found: ${value})`;
    });
  },
  maximum: ({ given, schema }) => {
    const bound = numberOf(given);
    const isExclusive = schema["exclusiveMaximum"] === true;
    return ofNumber((value) => {
      if (isExclusive ? value < bound : value <= bound) return null;
      return `numeric instance is greater than the required maximum (maximum: ${bound}, ` +
        `found: ${value})`;
    });
  },
  multipleOf: ({ given }) => {
    const divisor = numberOf(given);
    return ofNumber((value) =>
      Number.isInteger(value / divisor) ? null : `${value} is not a multiple of ${divisor}`
    );
  },
  minLength: atLeast(lengthOfText, "string is too short"),
  maxLength: atMost(lengthOfText, "string is too long"),
  pattern: ({ given }) => {
    const test = pattern(String(given));
    const found = (value: string) =>
      `ECMA 262 regex "${given}" does not match input string "${value}"`;
    return (value) => typeof value !== "string" || test.test(value) ? null : found(value);
  },
  allOf: ({ given, read }) => {
    const schemas = listOf(given).map((one) => read(one));
    return (value, depth) => first(schemas, (schema) => schema(value, depth));
  },
  anyOf: ({ given, read }) => {
    const schemas = listOf(given).map((one) => read(one));
    return (value, depth) =>
      schemas.some((schema) => schema(value, depth) === null)
        ? null
        : "instance failed to match at least one required schema";
  },
  oneOf: ({ given, read }) => {
    const schemas = listOf(given).map((one) => read(one));
    return (value, depth) =>
      schemas.filter((schema) => schema(value, depth) === null).length === 1
        ? null
        : "instance failed to match exactly one schema";
  },
  not: ({ given, read }) => {
    const schema = read(given);
    return (value, depth) =>
      schema(value, depth) === null ? "instance matched a schema which it should not have" : null;
  },
};

const always: Check = () => null;

function first<T>(all: readonly T[], check: (one: T) => string | null): string | null {
  for (const one of all) {
    const wrong = check(one);
    if (wrong !== null) return wrong;
  }
  return null;
}

function ofFields(check: (fields: Fields, depth: number) => string | null): Check {
  return (value, depth) => isFields(value) ? check(value, depth) : null;
}

function ofItems(check: (items: readonly unknown[], depth: number) => string | null): Check {
  return (value, depth) => Array.isArray(value) ? check(value, depth) : null;
}

function ofNumber(check: (value: number) => string | null): Check {
  return (value) => typeof value === "number" ? check(value) : null;
}

/** How many there are of what a keyword counts; null: it does not count such values. */
type Count = (value: unknown) => number | null;

function atLeast(count: Count, wrong: string): (keyword: Keyword) => Check {
  return ({ given }) => {
    const bound = numberOf(given);
    return (value) => (count(value) ?? bound) >= bound ? null : wrong;
  };
}

function atMost(count: Count, wrong: string): (keyword: Keyword) => Check {
  return ({ given }) => {
    const bound = numberOf(given);
    return (value) => (count(value) ?? bound) <= bound ? null : wrong;
  };
}

function countOfFields(value: unknown): number | null {
  return isFields(value) ? Object.keys(value).length : null;
}

function countOfItems(value: unknown): number | null {
  return Array.isArray(value) ? value.length : null;
}

/** Characters, not UTF-16 units. */
function lengthOfText(value: unknown): number | null {
  return typeof value === "string" ? [...value].length : null;
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

/** The same text for values that JSON Schema takes for equal. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner) => {
    if (!isFields(inner)) return inner;
    return Object.fromEntries(Object.keys(inner).sort().map((name) => [name, inner[name]]));
  });
}

function schemasOf(given: unknown, read: Keyword["read"]): [string, Schema][] {
  if (!isFields(given)) throw new SchemaError("properties of a schema must be an object");
  return Object.entries(given).map(([name, schema]) => [name, read(schema)]);
}

function listOf(given: unknown): unknown[] {
  return Array.isArray(given) ? given : [given];
}

function textsOf(given: unknown): string[] {
  return listOf(given).map(String);
}

function numberOf(given: unknown): number {
  if (typeof given === "number") return given;
  throw new SchemaError(`'${given}' must be a number`);
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text, "u");
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new SchemaError(`'${text}' is no regular expression`);
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
