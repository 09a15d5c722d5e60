/**
 * Values of a template, as the Java objects that they are on the gateway: how they print, compare
 * and count.
 *
 *   whole numbers   a safe number, beyond that a bigint
 *   doubles         `Double`, so that 2.0 does not become 2
 *   maps, lists     `JavaMap`, `JavaList`; what came as JSON is read only when it is looked into
 *
 * Observed: Velocity 1.7 and json-smart, which Jayway's JsonPath brings along. A map prints as
 * `{a=1, b=x}`; a list that came as JSON prints as JSON, one made by the template as `[1, x]`.
 */
import { TemplateFailure } from "./errors.ts";

export type Value =
  | null
  | boolean
  | string
  | number
  | bigint
  | Double
  | JavaMap
  | JavaList
  | MapEntry
  | HostObject;

/** A floating-point number and, where it came as JSON, its own spelling. */
export class Double {
  constructor(readonly value: number, readonly spelling: string | null = null) {}
}

/** An object that is the gateway's or Velocity's own: `$input`, `$util`, `$foreach`. */
export abstract class HostObject {
  /** Undefined: there is none of that name. */
  property(_name: string): Value | undefined {
    return undefined;
  }

  call(_name: string, _args: Value[]): Value | undefined {
    return undefined;
  }
}

/** A LinkedHashMap: keys stay in the order in which they came. */
export class JavaMap {
  #fields: Map<string, Value> | null;
  isChanged = false;

  constructor(fields: Map<string, Value> | null = new Map()) {
    this.#fields = fields;
  }

  get fields(): ReadonlyMap<string, Value> {
    return this.#loaded();
  }

  set(name: string, value: Value): void {
    this.#loaded().set(name, value);
    this.isChanged = true;
  }

  remove(name: string): void {
    this.#loaded().delete(name);
    this.isChanged = true;
  }

  #loaded(): Map<string, Value> {
    return this.#fields ??= this.load();
  }

  protected load(): Map<string, Value> {
    return new Map();
  }

  /** JSON text where it is at hand, else null. */
  json(): string | null {
    return null;
  }
}

export class JavaList {
  #items: Value[] | null;
  isChanged = false;
  /** Whether it came as JSON, and so prints. */
  readonly isJson: boolean;

  constructor(items: Value[] | null, isJson = false) {
    this.#items = items;
    this.isJson = isJson;
  }

  get items(): readonly Value[] {
    return this.#loaded();
  }

  change(change: (items: Value[]) => Value): Value {
    this.isChanged = true;
    return change(this.#loaded());
  }

  #loaded(): Value[] {
    return this.#items ??= this.load();
  }

  protected load(): Value[] {
    return [];
  }

  json(): string | null {
    return null;
  }
}

/** What `entrySet()` gives. */
export class MapEntry {
  constructor(readonly key: string, readonly value: Value) {}
}

/** As `toString()` prints it. */
export function javaText(value: Value): string {
  if (typeof value === "string") return value;
  if (value === null || typeof value !== "object") return String(value);
  if (value instanceof Double) return doubleText(value.value);
  if (value instanceof JavaMap) return `{${[...value.fields].map(pairText).join(", ")}}`;
  if (value instanceof JavaList) {
    return value.isJson ? jsonText(value) : `[${value.items.map(javaText).join(", ")}]`;
  }
  if (value instanceof MapEntry) return pairText([value.key, value.value]);
  throw new TemplateFailure("Cannot print an object of the gateway");
}

function pairText([name, value]: [string, Value]): string {
  return `${name}=${javaText(value)}`;
}

/** As JSON, compact; numbers keep the spelling that they came with. */
export function jsonText(value: Value): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value === null || typeof value !== "object") return String(value);
  if (value instanceof Double) return value.spelling ?? doubleText(value.value);
  if (value instanceof JavaMap) return value.json() ?? mapJson(value);
  if (value instanceof JavaList) {
    return value.json() ?? `[${value.items.map(jsonText).join(",")}]`;
  }
  throw new TemplateFailure("Cannot write an object of the gateway as JSON");
}

function mapJson(map: JavaMap): string {
  const members: string[] = [];
  for (const [name, value] of map.fields) {
    members.push(`${JSON.stringify(name)}:${jsonText(value)}`);
  }
  return `{${members.join(",")}}`;
}

/** Source: Java SE, Double.toString. */
export function doubleText(value: number): string {
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity";
  }
  const size = Math.abs(value);
  if (size === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [digits = "", exponent = ""] = value.toExponential().split("e");
  return `${digits.includes(".") ? digits : `${digits}.0`}E${Number(exponent)}`;
}

/** A whole number in the smallest of its forms. */
export function whole(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
    ? Number(value)
    : value;
}

export function isNumber(value: Value): value is number | bigint | Double {
  return typeof value === "number" || typeof value === "bigint" || value instanceof Double;
}

export function numeric(value: number | bigint | Double): number {
  return value instanceof Double ? value.value : Number(value);
}

/**
 * `==`. Documented: values of different classes are equal if they print alike. Observed: a null
 * equals the empty text, as evaluate.ts says.
 */
export function isEqual(left: Value, right: Value): boolean {
  if (left === null || right === null) return (left ?? "") === (right ?? "");
  if (isNumber(left) && isNumber(right)) {
    if (left instanceof Double || right instanceof Double) return numeric(left) === numeric(right);
    return left == right;
  }
  if (left instanceof JavaList && right instanceof JavaList) {
    return sameItems(left.items, right.items);
  }
  if (left instanceof JavaMap && right instanceof JavaMap) return sameFields(left, right);
  if (left instanceof HostObject || right instanceof HostObject) return left === right;
  return javaText(left) === javaText(right);
}

/** `equals()` of Java: like `==`, but a number never equals a text. */
export function javaEquals(left: Value, right: Value): boolean {
  const sameKind = typeof left === typeof right || (isNumber(left) && isNumber(right));
  if (!sameKind || (left instanceof Double) !== (right instanceof Double)) return false;
  return isEqual(left, right);
}

function sameItems(left: readonly Value[], right: readonly Value[]): boolean {
  return left.length === right.length &&
    left.every((item, index) => javaEquals(item, right[index] ?? null));
}

function sameFields(left: JavaMap, right: JavaMap): boolean {
  if (left.fields.size !== right.fields.size) return false;
  return [...left.fields].every(([name, value]) => {
    const other = right.fields.get(name);
    return other !== undefined && javaEquals(value, other);
  });
}
