/**
 * Mapping template: the body and the parameters of a request -> the body for the backend.
 *
 * A template is parsed and checked once, when it is loaded.
 *
 * Source: API Gateway developer guide, "Mapping template and access logging variable reference".
 * Left out: `$context.requestOverride` and `$context.responseOverride`, which are refused.
 */
import type { Node } from "./ast.ts";
import { checkTemplate } from "./check.ts";
import { evaluate } from "./evaluate.ts";
import { Input, type TemplateParameters } from "./input.ts";
import { parseTemplate } from "./parse.ts";
import { Util } from "./util.ts";
import { JavaMap, type Value } from "./values.ts";

export { BodyError, TemplateFailure, TemplateSyntaxError } from "./errors.ts";
export { headerParameter, Input, type TemplateParameters } from "./input.ts";
export { javaText } from "./values.ts";

/** Texts, numbers and maps of them. */
export interface Facts {
  readonly [name: string]: string | number | Facts;
}

export interface TemplateVariables {
  body: string;
  parameters: TemplateParameters;
  context: Facts;
  stageVariables: Facts;
}

const util = new Util();

export class Template {
  readonly #nodes: readonly Node[];

  /** @throws {TemplateSyntaxError} with line and column. */
  constructor(text: string) {
    this.#nodes = parseTemplate(text);
    checkTemplate(this.#nodes);
  }

  /**
   * @throws {BodyError} if the template looks into a body that is no JSON.
   * @throws {TemplateFailure} if it cannot go on with these values.
   */
  render({ body, parameters, context, stageVariables }: TemplateVariables): string {
    const variables = new Map<string, Value>([
      ["input", new Input(body, parameters)],
      ["util", util],
      ["context", mapOf(context)],
      ["stageVariables", mapOf(stageVariables)],
    ]);
    return evaluate(this.#nodes, variables);
  }
}

function mapOf(facts: Facts): JavaMap {
  const fields = Object.entries(facts).map(([name, value]): [string, Value] => [
    name,
    typeof value === "object" ? mapOf(value) : value,
  ]);
  return new JavaMap(new Map(fields));
}
