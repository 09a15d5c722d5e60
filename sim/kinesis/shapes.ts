/**
 * Shapes: what a request may hold, as data -> a typed request, or AWS's words about what is wrong.
 *
 * First every value is brought to its type (a wrong type is a SerializationException, at once),
 * then all constraints are checked and the first ten that do not hold are told together, as
 * `2 validation errors detected: Value ...; Value ...`.
 *
 * Blobs come as base64 in JSON and as bytes in CBOR, times as seconds in JSON and as `Date` in CBOR.
 *
 * Source: Kinesis Data Streams API reference; texts as recorded by mhart/kinesalite.
 */
import { ServiceError } from "../errors.ts";

export interface Problem {
  /** From the outside in, lower case first: `records`, `3`, `member`, `partitionKey`. */
  path: string[];
  value: string;
  constraint: string;
}

export interface Field<T> {
  readonly isRequired: boolean;
  /** @throws {ServiceError} SerializationException if the value is of another type. */
  convert(raw: unknown): unknown;
  check(value: unknown): Problem[];
  /** How the value is quoted in a message. */
  show(value: unknown): string;
  /** Never there: it carries the type. */
  readonly type?: T | undefined;
}

export type Shape = Record<string, Field<unknown>>;

export type Infer<S extends Shape> = {
  [K in keyof S]: S[K] extends Field<infer T> ? T : never;
};

const none: Problem[] = [];
const problemsMax = 10;

function wrongType(message: string): ServiceError {
  return new ServiceError("SerializationException", message);
}

function javaName(value: unknown): string {
  if (typeof value === "boolean") return "class java.lang.Boolean";
  return typeof value === "number" ? "class java.math.BigDecimal" : "class java.lang.String";
}

/** A scalar was wanted and a list or a structure came. */
function refuseNested(value: unknown): void {
  if (Array.isArray(value)) throw wrongType("Start of list found where not expected");
  if (typeof value === "object" && !(value instanceof Uint8Array) && !(value instanceof Date)) {
    throw wrongType("Start of structure or map found where not expected.");
  }
}

interface Rule<T> {
  holds(value: T): boolean;
  constraint: string;
}

function scalar<T>(
  convert: (raw: unknown) => T,
  rules: readonly Rule<T>[],
  show: (value: T) => string = String,
): Field<T | undefined> {
  return {
    isRequired: false,
    convert,
    show: (value) => show(value as T),
    check(value) {
      let problems = none;
      for (const { holds, constraint } of rules) {
        if (holds(value as T)) continue;
        problems = [...problems, { path: [], value: `'${show(value as T)}'`, constraint }];
      }
      return problems;
    },
  };
}

interface StringRules {
  min?: number;
  max?: number;
  /** Told in the message as it stands here. */
  pattern?: string;
  oneOf?: readonly string[];
}

export function string(rules: StringRules = {}): Field<string | undefined> {
  const { min, max, pattern, oneOf } = rules;
  const found: Rule<string>[] = [];
  if (pattern !== undefined) {
    const regex = new RegExp(`^(?:${pattern})$`);
    const constraint = `Member must satisfy regular expression pattern: ${pattern}`;
    // Some of AWS's patterns cost the square of a length and more: what is too long is that alone.
    const isTooLong = (value: string) => value.length > (max ?? Infinity);
    found.push({ holds: (value) => isTooLong(value) || regex.test(value), constraint });
  }
  if (min !== undefined) {
    const constraint = `Member must have length greater than or equal to ${min}`;
    found.push({ holds: (value) => value.length >= min, constraint });
  }
  if (max !== undefined) {
    const constraint = `Member must have length less than or equal to ${max}`;
    found.push({ holds: (value) => value.length <= max, constraint });
  }
  if (oneOf !== undefined) {
    const constraint = `Member must satisfy enum value set: [${oneOf.join(", ")}]`;
    found.push({ holds: (value) => oneOf.includes(value), constraint });
  }
  return scalar((raw) => {
    if (typeof raw === "string") return raw;
    refuseNested(raw);
    throw wrongType(`${javaName(raw)} can not be converted to an String`);
  }, found);
}

export function integer(rules: { min?: number; max?: number } = {}): Field<number | undefined> {
  const { min, max } = rules;
  const found: Rule<number>[] = [];
  if (min !== undefined) {
    const constraint = `Member must have value greater than or equal to ${min}`;
    found.push({ holds: (value) => value >= min, constraint });
  }
  if (max !== undefined) {
    const constraint = `Member must have value less than or equal to ${max}`;
    found.push({ holds: (value) => value <= max, constraint });
  }
  return scalar((raw) => {
    if (typeof raw === "number") return Math.floor(raw);
    refuseNested(raw);
    throw wrongType(`${javaName(raw)} can not be converted to an Integer`);
  }, found);
}

export function boolean(): Field<boolean | undefined> {
  return scalar((raw) => {
    if (typeof raw === "boolean") return raw;
    refuseNested(raw);
    if (typeof raw !== "string") {
      throw wrongType(`${javaName(raw)} can not be converted to an Boolean`);
    }
    throw wrongType(`'${raw.toUpperCase()}' can not be converted to an Boolean`);
  }, []);
}

/** Milliseconds since 1970. */
export function timestamp(): Field<number | undefined> {
  return scalar((raw) => {
    if (raw instanceof Date) return raw.getTime();
    if (typeof raw === "number") return Math.round(raw * 1000);
    refuseNested(raw);
    throw wrongType(`${javaName(raw)} can not be converted to milliseconds since epoch`);
  }, []);
}

export function blob({ maxBytes }: { maxBytes: number }): Field<Uint8Array | undefined> {
  const constraint = `Member must have length less than or equal to ${maxBytes}`;
  return scalar(
    bytesOf,
    [{ holds: (value) => value.length <= maxBytes, constraint }],
    showBytes,
  );
}

export function showBytes({ length }: Uint8Array): string {
  return `java.nio.HeapByteBuffer[pos=0 lim=${length} cap=${length}]`;
}

function bytesOf(raw: unknown): Uint8Array {
  if (raw instanceof Uint8Array) return raw;
  if (typeof raw !== "string") {
    refuseNested(raw);
    throw wrongType(`${javaName(raw)} can not be converted to a Blob`);
  }
  try {
    return fromBase64(raw);
  } catch {
    throw wrongType(`'${raw}' can not be converted to a Blob: ${base64Trouble(raw)}`);
  }
}

const strictly = { lastChunkHandling: "strict" } as const;
const slabBytes = 128 * 1024;
let slab = new Uint8Array(0);
let slabUsed = 0;

/** Short ones share a slab of memory: a buffer for each would cost three times as much. */
function fromBase64(text: string): Uint8Array {
  if (text.length > slabBytes / 16) return Uint8Array.fromBase64(text, strictly);
  if (slabUsed + text.length > slab.length) {
    slab = new Uint8Array(slabBytes);
    slabUsed = 0;
  }
  const start = slabUsed;
  slabUsed += slab.subarray(start, start + text.length).setFromBase64(text, strictly).written;
  return slab.subarray(start, slabUsed);
}

function base64Trouble(text: string): string {
  if (text.length % 4 !== 0) {
    const expected = "Base64 encoded length is expected a multiple of 4 bytes";
    return `${expected} but found: ${text.length}`;
  }
  const strange = /[^a-zA-Z0-9+/=]|=[^=]/.exec(text);
  if (strange !== null) return `Invalid Base64 character: '${strange[0][0]}'`;
  return "Invalid last non-pad Base64 character dectected"; // Observed: spelt so.
}

interface Sizes {
  min?: number;
  max?: number;
}

function sizeProblems(count: number, { min, max }: Sizes, value: () => string): Problem[] {
  if (min !== undefined && count < min) {
    const constraint = `Member must have length greater than or equal to ${min}`;
    return [{ path: [], value: `'${value()}'`, constraint }];
  }
  if (max !== undefined && count > max) {
    const constraint = `Member must have length less than or equal to ${max}`;
    return [{ path: [], value: `'${value()}'`, constraint }];
  }
  return none;
}

function below(path: string[], problems: Problem[]): Problem[] {
  return problems.map((problem) => ({ ...problem, path: [...path, ...problem.path] }));
}

export function list<T>(member: Field<T>, sizes: Sizes = {}): Field<NonNullable<T>[] | undefined> {
  return {
    isRequired: false,
    convert(raw) {
      if (Array.isArray(raw)) return raw.map((item) => member.convert(item));
      if (typeof raw !== "object") throw wrongType("Expected list or null");
      throw wrongType("Start of structure or map found where not expected.");
    },
    show: (value) => `[${(value as unknown[]).map((item) => member.show(item)).join(", ")}]`,
    check(value) {
      const items = value as unknown[];
      let problems = sizeProblems(items.length, sizes, () => this.show(value));
      for (let index = 0; index < items.length && problems.length < problemsMax; index++) {
        const found = member.check(items[index]);
        if (found.length === 0) continue;
        problems = [...problems, ...below([String(index + 1), "member"], found)];
      }
      return problems;
    },
  };
}

/** Names to texts. */
export function textMap(
  sizes: Sizes & { keyMax: number; valueMax: number },
): Field<ReadonlyMap<string, string> | undefined> {
  const text = string();
  const { keyMax, valueMax } = sizes;
  return {
    isRequired: false,
    convert(raw) {
      if (Array.isArray(raw)) throw wrongType("Start of list found where not expected");
      if (typeof raw !== "object" || raw === null) throw wrongType("Expected map or null");
      return new Map(Object.entries(raw).map(([name, value]) => [name, text.convert(value)]));
    },
    show: (value) =>
      `{${[...value as Map<string, string>].map(([name, one]) => `${name}=${one}`).join(", ")}}`,
    check(value) {
      const map = value as ReadonlyMap<string, string>;
      const shown = `'${this.show(value)}'`;
      const problems = [...sizeProblems(map.size, sizes, () => this.show(value))];
      if ([...map.keys()].some((name) => name.length < 1 || name.length > keyMax)) {
        const constraint = `Map keys must satisfy constraint: [${lengths(1, keyMax)}]`;
        problems.push({ path: [], value: shown, constraint });
      }
      if ([...map.values()].some((one) => one.length > valueMax)) {
        const constraint = `Map value must satisfy constraint: [${lengths(0, valueMax)}]`;
        problems.push({ path: [], value: shown, constraint });
      }
      return problems;
    },
  };
}

function lengths(min: number, max: number): string {
  const most = `Member must have length less than or equal to ${max}`;
  return `${most}, Member must have length greater than or equal to ${min}`;
}

/** @param name as Java prints it where a list of them is quoted. */
export function structure<S extends Shape>(shape: S, name: string): Field<Infer<S> | undefined> {
  const read = reader(shape);
  return {
    isRequired: false,
    convert(raw) {
      if (Array.isArray(raw)) throw wrongType("Start of list found where not expected");
      if (typeof raw !== "object" || raw === null) throw wrongType("Expected null");
      return read.convert(raw);
    },
    show: () => name,
    check: (value) => read.check(value as Record<string, unknown>),
  };
}

export function required<T>(field: Field<T | undefined>): Field<T> {
  return { ...field, isRequired: true };
}

interface ShapeReader {
  convert(raw: object): Record<string, unknown>;
  check(value: Record<string, unknown>): Problem[];
}

function reader(shape: Shape): ShapeReader {
  const fields = Object.entries(shape).map(([name, field]) => ({
    name,
    field,
    path: [name.charAt(0).toLowerCase() + name.slice(1)],
  }));
  return {
    convert(raw) {
      const value: Record<string, unknown> = {};
      for (const { name, field } of fields) {
        const given = (raw as Record<string, unknown>)[name];
        value[name] = given === undefined || given === null ? undefined : field.convert(given);
      }
      return value;
    },
    check(value) {
      let problems = none;
      for (const { name, field, path } of fields) {
        const one = value[name];
        if (one === undefined && !field.isRequired) continue;
        const found = one === undefined ? [absent] : field.check(one);
        if (found.length > 0) problems = [...problems, ...below(path, found)];
      }
      return problems;
    },
  };
}

const absent: Problem = { path: [], value: "null", constraint: "Member must not be null" };

/** Brings a body into shape; made once for each action. */
export function requestReader<S extends Shape>(shape: S): (raw: object) => Infer<S> {
  const { convert, check } = reader(shape);
  return (raw) => {
    const value = convert(raw);
    const problems = check(value);
    if (problems.length > 0) throw validationError(problems.slice(0, problemsMax));
    return value as Infer<S>;
  };
}

export function validationError(problems: readonly Problem[]): ServiceError {
  const texts = problems.map(({ path, value, constraint }) =>
    `Value ${value} at '${path.join(".")}' failed to satisfy constraint: ${constraint}`
  );
  const count = `${texts.length} validation error${texts.length > 1 ? "s" : ""} detected`;
  return new ServiceError("ValidationException", `${count}: ${texts.join("; ")}`);
}
