/**
 * Parts of a template -> nothing, or what in them can never work here: functions that `$input`
 * and `$util` do not have, methods that no value has, paths that we do not read.
 *
 * Refused on loading, because in use such a call gives nothing, and the record that it spoils is
 * stored.
 */
import type { Expression, Node, Position, Reference, Step } from "./ast.ts";
import { TemplateFailure, TemplateSyntaxError } from "./errors.ts";
import { inputMethods, inputProperties } from "./input.ts";
import { jsonPath } from "./json_path.ts";
import { methodNames } from "./methods.ts";
import { utilMethods } from "./util.ts";

/** Of `$foreach`, whose getters may also be called. */
const loopGetters = new Set([
  ...["index", "count", "hasNext", "first", "last", "parent", "topmost"],
  ...["getIndex", "getCount", "isFirst", "isLast", "getParent", "getTopmost"],
]);
const hosts = new Set(["input", "util"]);
/** Documented: a template may change the request or the answer by setting these. */
const overrides = new Set(["requestOverride", "responseOverride"]);

/** @throws {TemplateSyntaxError} with the place. */
export function checkTemplate(nodes: readonly Node[]): void {
  for (const node of nodes) checkNode(node);
}

function checkNode(node: Node): void {
  switch (node.kind) {
    case "print":
      if (node.steps.length === 0 && hosts.has(node.name)) {
        throw refusal(`$${node.name} cannot be printed as a whole`, node.position);
      }
      return checkReference(node);
    case "set":
      checkReference(node.target);
      return checkExpression(node.value);
    case "if":
      for (const { condition, body } of node.branches) {
        checkExpression(condition);
        checkTemplate(body);
      }
      return checkTemplate(node.otherwise);
    case "foreach":
      checkExpression(node.source);
      return checkTemplate(node.body);
    default:
      return;
  }
}

function checkExpression(expression: Expression): void {
  switch (expression.kind) {
    case "reference":
      return checkReference(expression);
    case "interpolated":
      return checkTemplate(expression.body);
    case "list":
      return expression.items.forEach(checkExpression);
    case "map":
      return expression.entries.flat().forEach(checkExpression);
    case "range":
      checkExpression(expression.from);
      return checkExpression(expression.to);
    case "not":
      return checkExpression(expression.operand);
    case "binary":
      checkExpression(expression.left);
      return checkExpression(expression.right);
    default:
      return;
  }
}

function checkReference({ name, steps }: Pick<Reference, "name" | "steps">): void {
  const [first, ...others] = steps;
  if (first !== undefined) checkFirst(name, first);
  for (const step of others) checkStep(step);
  for (const step of steps) {
    if (step.kind === "index") checkExpression(step.index);
    if (step.kind === "call") step.args.forEach(checkExpression);
  }
}

function checkFirst(name: string, step: Step): void {
  if (step.kind === "index") return;
  const { position } = step;
  if (name === "input" || name === "util") checkHost(name, step);
  else if (name === "context" && overrides.has(step.name)) {
    throw refusal(`$context.${step.name} is not supported`, position);
  } else if (name !== "foreach" || !loopGetters.has(step.name)) checkStep(step);
}

function checkHost(name: "input" | "util", step: Exclude<Step, { kind: "index" }>): void {
  const methods = name === "input" ? inputMethods : utilMethods;
  const isKnown = step.kind === "call"
    ? methods.get(step.name)?.some(({ kinds, required }) =>
      step.args.length >= required && step.args.length <= kinds.length
    )
    : name === "input" && inputProperties.has(step.name);
  if (isKnown !== true) {
    const shape = step.kind === "call" ? `(…) with ${step.args.length} arguments` : "";
    throw refusal(`There is no $${name}.${step.name}${shape}`, step.position);
  }
  if (step.kind === "call" && (step.name === "json" || step.name === "path")) {
    checkPath(step.args[0], step.position);
  }
}

function checkPath(argument: Expression | undefined, position: Position): void {
  if (argument?.kind !== "literal" || typeof argument.value !== "string") return;
  try {
    jsonPath(argument.value);
  } catch (error) {
    if (!(error instanceof TemplateFailure)) throw error;
    throw refusal(error.message, position);
  }
}

function checkStep(step: Step): void {
  if (step.kind === "call" && !methodNames.has(step.name) && !loopGetters.has(step.name)) {
    throw refusal(`The method ${step.name}() is not supported`, step.position);
  }
  if (step.kind === "property" && step.name === "class") {
    throw refusal("Classes are out of reach", step.position);
  }
}

function refusal(reason: string, { line, column }: Position): TemplateSyntaxError {
  return new TemplateSyntaxError(reason, line, column);
}
