/**
 * Methods that a template may call on texts, numbers, lists, maps and entries: Java's, with the
 * types of their arguments as data.
 *
 * A call whose types fit none is no error in a template: it gives nothing. A method that fails (an
 * index out of range) ends the rendering.
 *
 * Source: Java SE 8, java.lang.String, java.util.List and java.util.Map.
 * Left out: what needs characters, streams, locales or time; other names are refused on loading.
 */
import { TemplateFailure } from "./errors.ts";
import { javaPattern, javaReplacement, javaSplit } from "./patterns.ts";
import {
  Double,
  isNumber,
  javaEquals,
  JavaList,
  JavaMap,
  javaText,
  MapEntry,
  numeric,
  type Value,
} from "./values.ts";

type Kind = "any" | "int" | "text" | "list" | "map";

export interface Method<Self> {
  /** Of each argument; those from `required` on may be missing. */
  kinds: readonly Kind[];
  required: number;
  run(self: Self, args: Arguments): Value;
}

export type Methods<Self> = ReadonlyMap<string, readonly Method<Self>[]>;

/** Arguments whose kinds were checked before. */
export class Arguments {
  readonly #values: readonly Value[];

  constructor(values: readonly Value[]) {
    this.#values = values;
  }

  get count(): number {
    return this.#values.length;
  }

  any(index: number): Value {
    return this.#values[index] ?? null;
  }

  text(index: number): string {
    const value = this.any(index);
    if (typeof value === "string") return value;
    throw new TypeError(`Argument ${index} is no text`);
  }

  int(index: number): number {
    const value = this.any(index);
    if (typeof value === "number") return value;
    throw new TypeError(`Argument ${index} is no whole number`);
  }

  list(index: number): JavaList {
    const value = this.any(index);
    if (value instanceof JavaList) return value;
    throw new TypeError(`Argument ${index} is no list`);
  }

  map(index: number): JavaMap {
    const value = this.any(index);
    if (value instanceof JavaMap) return value;
    throw new TypeError(`Argument ${index} is no map`);
  }
}

/** `kinds` as words, `int?` for one that may be missing. */
export function method<Self>(kinds: string, run: Method<Self>["run"]): Method<Self> {
  const words = kinds === "" ? [] : kinds.split(" ");
  return {
    kinds: words.map((word) => kindOf(word.replace("?", ""))),
    required: words.filter((word) => !word.endsWith("?")).length,
    run,
  };
}

function kindOf(word: string): Kind {
  switch (word) {
    case "any":
    case "int":
    case "text":
    case "list":
    case "map":
      return word;
    default:
      throw new TypeError(`No kind of argument: '${word}'`);
  }
}

/** Undefined: none of the methods takes these arguments. */
export function invoke<Self>(
  methods: Methods<Self>,
  name: string,
  self: Self,
  args: readonly Value[],
): Value | undefined {
  for (const method of methods.get(name) ?? []) {
    if (fits(method, args)) return method.run(self, new Arguments(args));
  }
  return undefined;
}

function fits({ kinds, required }: Method<never>, args: readonly Value[]): boolean {
  return args.length >= required && args.length <= kinds.length &&
    args.every((value, index) => isOfKind(value, kinds[index] ?? "any"));
}

function isOfKind(value: Value, kind: Kind): boolean {
  switch (kind) {
    case "any":
      return true;
    case "int":
      return typeof value === "number";
    case "text":
      return typeof value === "string";
    case "list":
      return value instanceof JavaList;
    case "map":
      return value instanceof JavaMap;
  }
}

function table<Self>(
  methods: Readonly<Record<string, Method<Self> | readonly Method<Self>[]>>,
): Methods<Self> {
  const all = new Map<string, readonly Method<Self>[]>();
  for (const [name, one] of Object.entries(methods)) {
    all.set(name, "run" in one ? [one] : one);
  }
  return all;
}

const text = (kinds: string, run: Method<string>["run"]) => method<string>(kinds, run);
const list = (kinds: string, run: Method<JavaList>["run"]) => method<JavaList>(kinds, run);
const map = (kinds: string, run: Method<JavaMap>["run"]) => method<JavaMap>(kinds, run);
const entry = (kinds: string, run: Method<MapEntry>["run"]) => method<MapEntry>(kinds, run);

/** Observed: what a void method prints. */
const nothing = "";

/** Of Java's `trim()`: everything up to the blank. */
// deno-lint-ignore no-control-regex -- Java's trim takes them too
const trimmed = /^[\x00-\x20]+|[\x00-\x20]+$/g;

const textMethods = table<string>({
  charAt: text("int", (self, args) => slice(self, args.int(0), args.int(0) + 1)),
  codePointAt: text("int", (self, args) => {
    slice(self, args.int(0), args.int(0) + 1);
    return self.codePointAt(args.int(0)) ?? null;
  }),
  compareTo: text("text", (self, args) => compare(self, args.text(0))),
  concat: text("text", (self, args) => self + args.text(0)),
  contains: text("text", (self, args) => self.includes(args.text(0))),
  endsWith: text("text", (self, args) => self.endsWith(args.text(0))),
  equals: text("any", (self, args) => self === args.any(0)),
  equalsIgnoreCase: text("text", (self, args) => self.toLowerCase() === args.text(0).toLowerCase()),
  hashCode: text("", (self) => hashCode(self)),
  indexOf: text(
    "text int?",
    (self, args) => self.indexOf(args.text(0), args.count > 1 ? args.int(1) : 0),
  ),
  isEmpty: text("", (self) => self === ""),
  lastIndexOf: text(
    "text int?",
    (self, args) => self.lastIndexOf(args.text(0), args.count > 1 ? args.int(1) : Infinity),
  ),
  length: text("", (self) => self.length),
  matches: text("text", (self, args) => javaPattern(args.text(0), "whole").test(self)),
  replace: text("text text", (self, args) => self.replaceAll(args.text(0), () => args.text(1))),
  replaceAll: text(
    "text text",
    (self, args) => self.replace(javaPattern(args.text(0), "all"), javaReplacement(args.text(1))),
  ),
  replaceFirst: text(
    "text text",
    (self, args) => self.replace(javaPattern(args.text(0), "first"), javaReplacement(args.text(1))),
  ),
  split: text(
    "text int?",
    (self, args) => new JavaList(javaSplit(self, args.text(0), args.count > 1 ? args.int(1) : 0)),
  ),
  startsWith: text(
    "text int?",
    (self, args) => self.startsWith(args.text(0), args.count > 1 ? args.int(1) : 0),
  ),
  substring: text(
    "int int?",
    (self, args) => slice(self, args.int(0), args.count > 1 ? args.int(1) : self.length),
  ),
  toLowerCase: text("", (self) => self.toLowerCase()),
  toString: text("", (self) => self),
  toUpperCase: text("", (self) => self.toUpperCase()),
  trim: text("", (self) => self.replace(trimmed, "")),
});

const numberMethods = table<number | bigint | Double>({
  doubleValue: method("", (self) => new Double(numeric(self))),
  equals: method("any", (self, args) => javaEquals(self, args.any(0))),
  hashCode: method("", (self) => {
    if (typeof self === "number" && self === (self | 0)) return self;
    throw new TemplateFailure("hashCode() is supported for 32-bit numbers and texts");
  }),
  intValue: method("", (self) => Math.trunc(numeric(self))),
  longValue: method("", (self) => Math.trunc(numeric(self))),
  toString: method("", (self: number | bigint | Double) => javaText(self)),
});

const booleanMethods = table<boolean>({
  booleanValue: method("", (self) => self),
  equals: method("any", (self, args) => self === args.any(0)),
  toString: method("", (self) => String(self)),
});

const listMethods = table<JavaList>({
  add: [
    list("any", (self, args) => self.change((items) => items.push(args.any(0)) > 0)),
    list("int any", (self, args) => insert(self, args.int(0), args.any(1))),
  ],
  addAll: list("list", (self, args) => {
    const added = [...args.list(0).items];
    return self.change((items) => items.push(...added) > 0 && added.length > 0);
  }),
  clear: list("", (self) => self.change((items) => (items.length = 0, nothing))),
  contains: list("any", (self, args) => indexOf(self, args.any(0)) >= 0),
  equals: list("any", (self, args) => javaEquals(self, args.any(0))),
  get: list("int", (self, args) => item(self, args.int(0))),
  indexOf: list("any", (self, args) => indexOf(self, args.any(0))),
  isEmpty: list("", (self) => self.items.length === 0),
  remove: [
    list("int", (self, args) => removeAt(self, args.int(0))),
    list("any", (self, args) => removeFirst(self, args.any(0))),
  ],
  set: list("int any", (self, args) => replaceItem(self, args.int(0), args.any(1))),
  size: list("", (self) => self.items.length),
  subList: list("int int", (self, args) => sublist(self, args.int(0), args.int(1))),
  toString: list("", (self) => javaText(self)),
});

const mapMethods = table<JavaMap>({
  containsKey: map("any", (self, args) => self.fields.has(keyText(args.any(0)))),
  containsValue: map("any", (self, args) => {
    for (const value of self.fields.values()) if (javaEquals(value, args.any(0))) return true;
    return false;
  }),
  entrySet: map(
    "",
    (self) => new JavaList([...self.fields].map(([name, value]) => new MapEntry(name, value))),
  ),
  equals: map("any", (self, args) => javaEquals(self, args.any(0))),
  get: map("any", (self, args) => self.fields.get(keyText(args.any(0))) ?? null),
  getOrDefault: map("any any", (self, args) => {
    const found = self.fields.get(keyText(args.any(0)));
    return found === undefined ? args.any(1) : found;
  }),
  isEmpty: map("", (self) => self.fields.size === 0),
  keySet: map("", (self) => new JavaList([...self.fields.keys()])),
  put: map("any any", (self, args) => put(self, keyText(args.any(0)), args.any(1))),
  putAll: map("map", (self, args) => {
    for (const [name, value] of args.map(0).fields) self.set(name, value);
    return nothing;
  }),
  remove: map("any", (self, args) => {
    const before = self.fields.get(keyText(args.any(0))) ?? null;
    self.remove(keyText(args.any(0)));
    return before;
  }),
  size: map("", (self) => self.fields.size),
  toString: map("", (self) => javaText(self)),
  values: map("", (self) => new JavaList([...self.fields.values()])),
});

const entryMethods = table<MapEntry>({
  getKey: entry("", (self) => self.key),
  getValue: entry("", (self) => self.value),
  toString: entry("", (self) => javaText(self)),
});

/** All names, to tell on loading what can never be meant. */
export const methodNames: ReadonlySet<string> = new Set(
  [textMethods, numberMethods, booleanMethods, listMethods, mapMethods, entryMethods]
    .flatMap((methods) => [...methods.keys()]),
);

/** The result of a method of Java's own classes; undefined where there is none that fits. */
export function callJava(self: Value, name: string, args: readonly Value[]): Value | undefined {
  if (typeof self === "string") return invoke(textMethods, name, self, args);
  if (self instanceof JavaMap) return invoke(mapMethods, name, self, args);
  if (self instanceof JavaList) return invoke(listMethods, name, self, args);
  if (self instanceof MapEntry) return invoke(entryMethods, name, self, args);
  if (typeof self === "boolean") return invoke(booleanMethods, name, self, args);
  return isNumber(self) ? invoke(numberMethods, name, self, args) : undefined;
}

/** `$value.name`: a map's field, else what a getter would give. */
export function propertyOf(self: Value, name: string): Value | undefined {
  if (self instanceof JavaMap) return self.fields.get(name);
  if (self instanceof MapEntry && name === "key") return self.key;
  if (self instanceof MapEntry && name === "value") return self.value;
  if (name !== "empty") return undefined;
  return callJava(self, "isEmpty", []);
}

/** `$list[index]`: negative ones count from the end. */
export function item(list: JavaList, index: number): Value {
  const value = list.items.at(index);
  if (value === undefined) throw outOfRange(index, list.items.length);
  return value;
}

function outOfRange(index: number, length: number): TemplateFailure {
  return new TemplateFailure(`Index ${index} is out of range: there are ${length}`);
}

function slice(self: string, from: number, to: number): string {
  if (from < 0 || to > self.length || from > to) {
    throw new TemplateFailure(`Characters ${from} to ${to} are out of range: ${self.length}`);
  }
  return self.slice(from, to);
}

function compare(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at++) {
    const difference = one.charCodeAt(at) - other.charCodeAt(at);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

function hashCode(self: string): number {
  let hash = 0;
  for (let at = 0; at < self.length; at++) hash = (Math.imul(hash, 31) + self.charCodeAt(at)) | 0;
  return hash;
}

export function keyText(key: Value): string {
  if (key === null) throw new TemplateFailure("A null is no key here");
  return javaText(key);
}

function put(self: JavaMap, name: string, value: Value): Value {
  const before = self.fields.get(name) ?? null;
  self.set(name, value);
  return before;
}

function indexOf(self: JavaList, wanted: Value): number {
  return self.items.findIndex((value) => javaEquals(value, wanted));
}

function insert(self: JavaList, index: number, value: Value): Value {
  if (index < 0 || index > self.items.length) throw outOfRange(index, self.items.length);
  return self.change((items) => (items.splice(index, 0, value), nothing));
}

function removeAt(self: JavaList, index: number): Value {
  if (index < 0) throw outOfRange(index, self.items.length);
  const removed = item(self, index);
  self.change((items) => (items.splice(index, 1), null));
  return removed;
}

function removeFirst(self: JavaList, wanted: Value): Value {
  const index = indexOf(self, wanted);
  if (index >= 0) removeAt(self, index);
  return index >= 0;
}

export function replaceItem(self: JavaList, index: number, value: Value): Value {
  const at = index < 0 ? self.items.length + index : index;
  const before = item(self, at);
  return self.change((items) => (items[at] = value, before));
}

function sublist(self: JavaList, from: number, to: number): JavaList {
  const { length } = self.items;
  if (from < 0 || to > length || from > to) throw outOfRange(from < 0 ? from : to, length);
  return new JavaList(self.items.slice(from, to));
}
