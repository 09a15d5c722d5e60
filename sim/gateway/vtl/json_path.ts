/**
 * JSONPath: `$.records[3]['partition-key']` -> what stands there.
 *
 * A path that can mean one place only gives that value; one with a wildcard or `..` gives a list
 * of all that it finds, which may be empty.
 *
 * Source: Jayway JsonPath, README.
 * Left out: filters, functions, unions, slices and script expressions, which are refused.
 */
import { TemplateFailure } from "./errors.ts";
import { JavaList, JavaMap, type Value } from "./values.ts";

type PathStep =
  | { kind: "name"; name: string }
  | { kind: "index"; index: number }
  | { kind: "all" }
  /** Everything at any depth, the place itself included. */
  | { kind: "deep" };

const nameAt = /[^.[\]()'"*?@,:\s]+/y;
const indexAt = /\[\s*(-?[0-9]+)\s*\]/y;
const quotedAt = /\[\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*\]/y;

export class JsonPath {
  /** Up to the first step that can find more than one. */
  readonly #definite: readonly PathStep[];
  readonly #others: readonly PathStep[];

  /** @throws {TemplateFailure} if it is none, or uses what is left out. */
  constructor(text: string) {
    const steps = stepsOf(text);
    const count = steps.findIndex(({ kind }) => kind === "all" || kind === "deep");
    this.#definite = count < 0 ? steps : steps.slice(0, count);
    this.#others = count < 0 ? [] : steps.slice(count);
  }

  /** Undefined: there is no such place. */
  read(root: Value): Value | undefined {
    let value: Value | undefined = root;
    for (const step of this.#definite) {
      if (value === undefined) return undefined;
      value = one(value, step);
    }
    if (this.#others.length === 0 || value === undefined) return value;
    let found: Value[] = [value];
    for (const step of this.#others) found = found.flatMap((each) => many(each, step));
    return new JavaList(found, true);
  }
}

const pathsMax = 20_000;
const paths = new Map<string, JsonPath>();

/** Loops ask for the same paths in every request: the last ones are remembered. */
export function jsonPath(text: string): JsonPath {
  let path = paths.get(text);
  if (path !== undefined) return path;
  path = new JsonPath(text);
  if (paths.size >= pathsMax) paths.clear();
  paths.set(text, path);
  return path;
}

function one(value: Value, step: PathStep): Value | undefined {
  if (step.kind === "name") {
    return value instanceof JavaMap ? value.fields.get(step.name) : undefined;
  }
  if (step.kind === "index" && value instanceof JavaList) return value.items.at(step.index);
  return undefined;
}

function many(value: Value, step: PathStep): Value[] {
  if (step.kind === "all") return children(value);
  if (step.kind === "deep") return [value, ...children(value).flatMap((item) => many(item, step))];
  const found = one(value, step);
  return found === undefined ? [] : [found];
}

function children(value: Value): Value[] {
  if (value instanceof JavaMap) return [...value.fields.values()];
  return value instanceof JavaList ? [...value.items] : [];
}

function stepsOf(text: string): PathStep[] {
  // Documented: a path may leave out `$.` at its beginning.
  const path = text.startsWith("$") ? text : `$.${text}`;
  const steps: PathStep[] = [];
  let at = 1;
  while (at < path.length) {
    const [step, end] = stepAt(path, at);
    steps.push(...step);
    at = end;
  }
  return steps;
}

function stepAt(path: string, at: number): [PathStep[], number] {
  if (path.startsWith("..", at)) {
    if (path[at + 2] === "[") return [[{ kind: "deep" }], at + 2];
    const [rest, end] = afterDot(path, at + 2);
    return [[{ kind: "deep" }, ...rest], end];
  }
  if (path[at] === ".") return afterDot(path, at + 1);
  if (/^\[\s*\*\s*\]/.test(path.slice(at))) return [[{ kind: "all" }], path.indexOf("]", at) + 1];
  const index = matchAt(indexAt, path, at);
  if (index !== null) {
    return [[{ kind: "index", index: Number(index[1]) }], indexAt.lastIndex];
  }
  const quoted = matchAt(quotedAt, path, at);
  if (quoted === null) throw unsupported(path, at);
  const name = (quoted[1] ?? quoted[2] ?? "").replace(/\\(.)/g, "$1");
  return [[{ kind: "name", name }], quotedAt.lastIndex];
}

function afterDot(path: string, at: number): [PathStep[], number] {
  if (path[at] === "*") return [[{ kind: "all" }], at + 1];
  const found = matchAt(nameAt, path, at);
  if (found === null || path[nameAt.lastIndex] === "(") throw unsupported(path, at);
  return [[{ kind: "name", name: found[0] }], nameAt.lastIndex];
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function unsupported(path: string, at: number): TemplateFailure {
  return new TemplateFailure(`Cannot read JSONPath '${path}' at character ${at + 1}`);
}
