/** A template and a body -> what it makes of it, without the gateway around. */
import {
  Template,
  type TemplateParameters,
  type TemplateVariables,
} from "../../../../sim/gateway/vtl/mod.ts";

export const noParameters: TemplateParameters = {
  path: new Map(),
  query: new Map(),
  headers: new Map(),
};

export function render(
  template: string,
  body = "{}",
  variables: Partial<TemplateVariables> = {},
): string {
  const all = { body, parameters: noParameters, context: {}, stageVariables: {}, ...variables };
  return new Template(template).render(all);
}
