/**
 * References and expressions of a template: text at a cursor -> their parts.
 *
 *   reference   `$name`, `${name}`, then `.property`, `.method(…)` or `[…]` in any number
 *   expression  `||` < `&&` < `== !=` < `< <= > >=` < `+ -` < `* / %` < `!`, or their words
 *
 * Source: Apache Velocity 1.7, user guide and VTL reference; its answers to templates of ours.
 */
import type { Expression, Node, Operator, Reference, Step } from "./ast.ts";
import { Cursor } from "./cursor.ts";
import { Double, whole } from "./values.ts";

/** Parses the text inside double quotes. */
export type ParseText = (cursor: Cursor) => Node[];

const referenceStart = /\$!?\{?[A-Za-z_]/y;
const float = /-?(?:[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)/y;
const integer = /-?[0-9]+/y;
const doubleQuoted = /"((?:[^"]|"")*)"/y;
const singleQuoted = /'((?:[^']|'')*)'/y;

/** Binary operators by how weakly they bind, each with the word that stands for it. */
const levels: readonly Readonly<Record<string, Operator>>[] = [
  { "||": "||", "or": "||" },
  { "&&": "&&", "and": "&&" },
  { "==": "==", "eq": "==", "!=": "!=", "ne": "!=" },
  { "<=": "<=", "le": "<=", ">=": ">=", "ge": ">=", "<": "<", "lt": "<", ">": ">", "gt": ">" },
  { "+": "+", "-": "-" },
  { "*": "*", "/": "/", "%": "%" },
];

export class ExpressionParser {
  readonly #cursor: Cursor;
  readonly #parseText: ParseText;

  constructor(cursor: Cursor, parseText: ParseText) {
    this.#cursor = cursor;
    this.#parseText = parseText;
  }

  /** The reference that begins here, or null if this dollar sign begins none. */
  reference(): Reference | null {
    const cursor = this.#cursor;
    const start = cursor.at;
    if (cursor.match(referenceStart) === null) return null;
    cursor.at = start + 1;
    const position = cursor.position(start);
    cursor.takes("!"); // Nothing prints nothing with or without it.
    const isFormal = cursor.takes("{");
    const name = cursor.identifier() ?? "";
    const steps: Step[] = [];
    for (let step = this.#step(); step !== null; step = this.#step()) steps.push(step);
    if (isFormal) {
      cursor.skipBlanks();
      cursor.expect("}");
    }
    const source = cursor.text.slice(start, cursor.at);
    return { kind: "reference", name, steps, position, source };
  }

  #step(): Step | null {
    const cursor = this.#cursor;
    if (cursor.peek() === "[") {
      cursor.at += 1;
      const index = this.#operand();
      cursor.skipBlanks();
      cursor.expect("]");
      return { kind: "index", index };
    }
    const start = cursor.at;
    const name = cursor.takes(".") ? cursor.identifier() : null;
    if (name === null) {
      cursor.at = start; // A full stop that ends a sentence.
      return null;
    }
    const position = cursor.position(start + 1);
    if (!cursor.takes("(")) return { kind: "property", name, position };
    return { kind: "call", name, args: this.#operandsUntil(")"), position };
  }

  expression(level = 0): Expression {
    const operators = levels[level];
    if (operators === undefined) return this.#unary();
    let left = this.expression(level + 1);
    for (let found = this.#operator(operators); found !== null; found = this.#operator(operators)) {
      left = { kind: "binary", operator: found, left, right: this.expression(level + 1) };
    }
    return left;
  }

  #operator(operators: Readonly<Record<string, Operator>>): Operator | null {
    const cursor = this.#cursor;
    cursor.skipBlanks();
    for (const [text, operator] of Object.entries(operators)) {
      if (!cursor.startsWith(text)) continue;
      const next = cursor.peek(text.length);
      if (/^[a-z]/.test(text) && /[A-Za-z0-9_-]/.test(next)) continue;
      // Velocity takes `-1` for a number wherever it stands, and then misses the operator.
      if (text === "-" && /[0-9.]/.test(next)) throw cursor.error("A blank must follow this minus");
      cursor.at += text.length;
      return operator;
    }
    return null;
  }

  #unary(): Expression {
    const cursor = this.#cursor;
    cursor.skipBlanks();
    if (cursor.match(/!|not(?![A-Za-z0-9_-])/y) !== null) {
      return { kind: "not", operand: this.#unary() };
    }
    if (!cursor.takes("(")) return this.#operand();
    const inner = this.expression();
    cursor.skipBlanks();
    cursor.expect(")");
    return inner;
  }

  /** What may stand as an argument, an index or in a list: no operators. */
  #operand(): Expression {
    const cursor = this.#cursor;
    cursor.skipBlanks();
    switch (cursor.peek()) {
      case "$":
        return this.#mustBeReference();
      case '"':
        return this.#interpolated();
      case "'":
        return { kind: "literal", value: this.#quoted(singleQuoted, "'") };
      case "[":
        return this.#listOrRange();
      case "{":
        return this.#map();
      default:
        return this.#numberOrWord();
    }
  }

  #mustBeReference(): Reference {
    const found = this.reference();
    if (found !== null) return found;
    throw this.#cursor.error("Expected a name after '$'", this.#cursor.at + 1);
  }

  #quoted(pattern: RegExp, quote: string): string {
    const found = this.#cursor.match(pattern);
    if (found === null) throw this.#cursor.error(`A text that begins with ${quote} does not end`);
    return (found[1] ?? "").replaceAll(quote + quote, quote);
  }

  #interpolated(): Expression {
    const position = this.#cursor.position();
    const value = this.#quoted(doubleQuoted, '"');
    if (!/[$#]/.test(value)) return { kind: "literal", value };
    return { kind: "interpolated", body: this.#parseText(new Cursor(value, position)) };
  }

  #listOrRange(): Expression {
    const cursor = this.#cursor;
    cursor.expect("[");
    cursor.skipBlanks();
    if (cursor.takes("]")) return { kind: "list", items: [] };
    const first = this.#operand();
    cursor.skipBlanks();
    if (!cursor.takes("..")) {
      if (cursor.takes("]")) return { kind: "list", items: [first] };
      cursor.expect(",");
      return { kind: "list", items: [first, ...this.#operandsUntil("]")] };
    }
    const to = this.#operand();
    cursor.skipBlanks();
    cursor.expect("]");
    return { kind: "range", from: first, to };
  }

  /** Operands with commas between, and the closing sign. */
  #operandsUntil(closing: string): Expression[] {
    const cursor = this.#cursor;
    const operands: Expression[] = [];
    cursor.skipBlanks();
    if (cursor.takes(closing)) return operands;
    for (;;) {
      operands.push(this.#operand());
      cursor.skipBlanks();
      if (cursor.takes(closing)) return operands;
      if (!cursor.takes(",")) {
        throw cursor.error(`Expected ',' or '${closing}'${cursor.found()}`);
      }
    }
  }

  #map(): Expression {
    const cursor = this.#cursor;
    const entries: [Expression, Expression][] = [];
    cursor.expect("{");
    cursor.skipBlanks();
    if (cursor.takes("}")) return { kind: "map", entries };
    for (;;) {
      const key = this.#operand();
      cursor.skipBlanks();
      cursor.expect(":");
      entries.push([key, this.#operand()]);
      cursor.skipBlanks();
      if (cursor.takes("}")) return { kind: "map", entries };
      cursor.expect(",");
    }
  }

  #numberOrWord(): Expression {
    const cursor = this.#cursor;
    const decimal = cursor.match(float);
    if (decimal !== null) return { kind: "literal", value: new Double(Number(decimal[0])) };
    const digits = cursor.match(integer);
    if (digits !== null) return { kind: "literal", value: whole(BigInt(digits[0])) };
    const word = cursor.match(/(true|false|null)(?![A-Za-z0-9_-])/y)?.[1];
    // Observed: the gateway takes `null` for a value, where Velocity 1.7 has no such word.
    if (word === "null") return { kind: "literal", value: null };
    if (word !== undefined) return { kind: "literal", value: word === "true" };
    throw cursor.error(`Expected a value${cursor.found()}`);
  }
}
