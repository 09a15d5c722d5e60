/**
 * Validation: a request and what its method declares -> nothing, or what is missing or wrong.
 *
 * Recorded: the names that are missing come in the order of `method.request.<place>.<name>`; an
 * empty body counts as `{}`. Documented: a parameter that is blank is missing; a body whose content
 * type has no model is not looked at.
 *
 * Source: API Gateway developer guide, "Request validation for REST APIs in API Gateway".
 */
import type { Asked } from "./asked.ts";
import type { ApiMethod, Parameter } from "./definition/types.ts";
import { refusal } from "./errors.ts";
import type { Schema } from "./json_schema.ts";
import { contentType } from "./templates.ts";
import { headerParameter } from "./vtl/mod.ts";

/** @throws {GatewayError} */
export function validate(asked: Asked, { validates, parameters, models }: ApiMethod): void {
  if (validates.parameters) checkParameters(asked, parameters);
  if (!validates.body) return;
  const model = models.get(contentType(asked.request.headers)) ?? models.get("$default");
  if (model !== undefined) checkBody(asked, model);
}

function checkParameters(asked: Asked, parameters: readonly Parameter[]): void {
  const missing = parameters.filter((one) => one.isRequired && !valueOf(asked, one)?.trim());
  if (missing.length === 0) return;
  const keys = missing.map(({ place, name }) => `${place}.${name}`).sort();
  const names = keys.map((key) => key.slice(key.indexOf(".") + 1));
  const message = `Missing required request parameters: [${names.join(", ")}]`;
  throw refusal("BAD_REQUEST_PARAMETERS", message);
}

function valueOf({ parameters }: Asked, { place, name }: Parameter): string | undefined {
  if (place === "path") return parameters.path.get(name);
  if (place === "querystring") return parameters.query.get(name);
  return headerParameter(parameters.headers, name);
}

function checkBody({ text }: Asked, model: Schema): void {
  const wrong = wrongIn(text, model);
  if (wrong === null) return;
  throw refusal("BAD_REQUEST_BODY", "Invalid request body", { validation: `[${wrong}]` });
}

function wrongIn(text: string, model: Schema): string | null {
  try {
    return model(JSON.parse(text === "" ? "{}" : text));
  } catch (error) {
    if (error instanceof SyntaxError) return "Invalid JSON";
    throw error;
  }
}
