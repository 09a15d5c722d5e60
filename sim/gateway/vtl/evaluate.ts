/**
 * Parts of a template and the variables of a request -> text.
 *
 * A reference to nothing is the empty text, wherever it stands: a name that nobody set, a property
 * or a method that its owner has not, anything asked of a null, and a null itself. So it prints
 * nothing, `$!x` and `${x}` alike, equals `''`, is true in a condition (a text is), is no number
 * that compares or counts, and has nothing to loop over; and `#set` empties what it sets to it.
 *
 * Observed: recorded on AWS in 2023 by a public test suite, for printing, conditions, `!$nothing`,
 * `#foreach`, properties and null values. Here the gateway is not Velocity, which prints such a
 * reference as it stands and keeps the old value.
 *
 * Source: Apache Velocity 1.7, user guide; its answers to templates of ours. What is not null and
 * not false is true, but a literal that is no `true` is not.
 */
import type { Expression, Node, PrintedReference, Reference, Step } from "./ast.ts";
import { TemplateFailure } from "./errors.ts";
import { callJava, item, keyText, propertyOf, replaceItem } from "./methods.ts";
import { operate } from "./operators.ts";
import { HostObject, JavaList, JavaMap, javaText, type Value } from "./values.ts";

/** What a reference to nothing is. */
const nothing = "";

/** No list of a request that the gateway takes is longer. */
const rangeMax = 1_000_000;

/** How a run of parts ended: #break and #stop end more than themselves. */
type Ending = "end" | "break" | "stop";

export function evaluate(nodes: readonly Node[], variables: ReadonlyMap<string, Value>): string {
  const evaluation = new Evaluation(new Map(variables));
  evaluation.run(nodes);
  return evaluation.text;
}

class Evaluation {
  text = "";
  readonly #variables: Map<string, Value>;
  #loop: Loop | null = null;

  constructor(variables: Map<string, Value>) {
    this.#variables = variables;
  }

  run(nodes: readonly Node[]): Ending {
    for (const node of nodes) {
      const ending = this.#node(node);
      if (ending !== "end") return ending;
    }
    return "end";
  }

  #node(node: Node): Ending {
    switch (node.kind) {
      case "text":
        this.text += node.text;
        return "end";
      case "print":
        this.#print(node);
        return "end";
      case "set":
        this.#set(node.target, node.value);
        return "end";
      case "if":
        for (const { condition, body } of node.branches) {
          if (this.#isTrue(condition)) return this.run(body);
        }
        return this.run(node.otherwise);
      case "foreach":
        return this.#foreach(node.name, node.source, node.body);
      default:
        return node.kind;
    }
  }

  #print(node: PrintedReference): void {
    const value = this.#steps(node.name, node.steps) ?? nothing;
    const { backslashes } = node;
    if (backslashes > 0) this.text += "\\".repeat(Math.floor(backslashes / 2));
    this.text += backslashes % 2 === 1 ? node.source : javaText(value);
  }

  #set(target: Reference, expression: Expression): void {
    const value = this.value(expression) ?? nothing;
    const last = target.steps.at(-1);
    if (last === undefined) {
      this.#variables.set(target.name, value);
      return;
    }
    const owner = this.#steps(target.name, target.steps.slice(0, -1));
    if (last.kind === "call") return;
    const key = last.kind === "property" ? last.name : this.value(last.index);
    if (owner instanceof JavaMap) owner.set(keyText(key), value);
    else if (owner instanceof JavaList && typeof key === "number") replaceItem(owner, key, value);
  }

  #foreach(name: string, source: Expression, body: readonly Node[]): Ending {
    const items = itemsOf(this.value(source));
    const names = [name, "foreach", "velocityCount", "velocityHasNext"];
    const before = names.map((one) => this.#variables.get(one));
    const loop = this.#loop = new Loop(items.length, this.#loop);
    let ending: Ending = "end";
    for (const [index, value] of items.entries()) {
      loop.index = index;
      this.#variables.set("foreach", loop).set("velocityCount", index + 1)
        .set("velocityHasNext", loop.hasNext).set(name, value);
      ending = this.run(body);
      if (ending !== "end") break;
    }
    this.#loop = loop.parent;
    for (const [index, one] of names.entries()) this.#restore(one, before[index]);
    return ending === "stop" ? "stop" : "end";
  }

  #restore(name: string, value: Value | undefined): void {
    if (value === undefined) this.#variables.delete(name);
    else this.#variables.set(name, value);
  }

  value(expression: Expression): Value {
    switch (expression.kind) {
      case "literal":
        return expression.value;
      case "reference":
        return this.#steps(expression.name, expression.steps) ?? nothing;
      case "interpolated":
        return this.#interpolated(expression.body);
      case "list":
        return new JavaList(expression.items.map((one) => this.value(one)));
      case "map":
        return this.#map(expression.entries);
      case "range":
        return range(this.value(expression.from), this.value(expression.to));
      case "not":
        return !this.#isTrue(expression.operand);
      case "binary":
        return this.#binary(expression);
    }
  }

  #interpolated(body: readonly Node[]): string {
    const outer = this.text;
    this.text = "";
    this.run(body);
    const inner = this.text;
    this.text = outer;
    return inner;
  }

  #map(entries: readonly [Expression, Expression][]): JavaMap {
    const fields = new Map<string, Value>();
    for (const [key, value] of entries) fields.set(keyText(this.value(key)), this.value(value));
    return new JavaMap(fields);
  }

  #binary(expression: Extract<Expression, { kind: "binary" }>): Value {
    const { operator, left, right } = expression;
    if (operator === "&&") return this.#isTrue(left) && this.#isTrue(right);
    if (operator === "||") return this.#isTrue(left) || this.#isTrue(right);
    const [one, other] = [this.value(left), this.value(right)];
    if (operator !== "+" || (typeof one !== "string" && typeof other !== "string")) {
      return operate(operator, one, other);
    }
    return javaText(one) + javaText(other);
  }

  #isTrue(expression: Expression): boolean {
    const value = this.value(expression);
    if (typeof value === "boolean") return value;
    // Observed: of the other expressions only a reference can be true.
    return value !== null && expression.kind === "reference";
  }

  /** Null: there is nothing. */
  #steps(name: string, steps: readonly Step[]): Value {
    let value = this.#variables.get(name) ?? null;
    for (const step of steps) {
      if (value === null) return null;
      value = this.#step(value, step) ?? null;
    }
    return value;
  }

  #step(value: Value, step: Step): Value | undefined {
    if (step.kind === "property") {
      return value instanceof HostObject ? value.property(step.name) : propertyOf(value, step.name);
    }
    if (step.kind === "index") return this.#index(value, this.value(step.index));
    const args = step.args.map((argument) => this.value(argument));
    return value instanceof HostObject
      ? value.call(step.name, args)
      : callJava(value, step.name, args);
  }

  #index(value: Value, index: Value): Value | undefined {
    if (value instanceof JavaMap) return value.fields.get(keyText(index));
    return value instanceof JavaList && typeof index === "number" ? item(value, index) : undefined;
  }
}

function itemsOf(value: Value): readonly Value[] {
  if (value instanceof JavaList) return [...value.items];
  return value instanceof JavaMap ? [...value.fields.values()] : [];
}

function range(from: Value, to: Value): Value {
  if (typeof from !== "number" || typeof to !== "number") return null;
  const count = Math.abs(to - from) + 1;
  if (count > rangeMax) throw new TemplateFailure(`A range of ${count} numbers is too long`);
  const direction = to < from ? -1 : 1;
  return new JavaList(Array.from({ length: count }, (_, index) => from + direction * index));
}

/** `$foreach`. */
class Loop extends HostObject {
  index = 0;
  readonly #count: number;
  readonly parent: Loop | null;

  constructor(count: number, parent: Loop | null) {
    super();
    this.#count = count;
    this.parent = parent;
  }

  get hasNext(): boolean {
    return this.index < this.#count - 1;
  }

  override property(name: string): Value | undefined {
    switch (name) {
      case "index":
        return this.index;
      case "count":
        return this.index + 1;
      case "hasNext":
        return this.hasNext;
      case "first":
        return this.index === 0;
      case "last":
        return !this.hasNext;
      case "parent":
        return this.parent;
      case "topmost":
        return this.#topmost();
      default:
        return undefined;
    }
  }

  #topmost(): Loop {
    return this.parent === null ? this : this.parent.#topmost();
  }

  override call(name: string, args: Value[]): Value | undefined {
    if (args.length > 0) return undefined;
    const getter = /^(?:get|is)([A-Z])(.*)$/.exec(name);
    const property = getter === null ? name : `${getter[1]?.toLowerCase()}${getter[2]}`;
    return this.property(property);
  }
}
