/**
 * Request validators and models of the document.
 *
 * Source: API Gateway developer guide, "Request validation for REST APIs in API Gateway",
 * "x-amazon-apigateway-request-validators object".
 */
import { readSchema, type Schema, SchemaError } from "../json_schema.ts";
import { type Place, referred } from "./place.ts";
import type { Validates } from "./types.ts";

/** By name. */
export function validatorsOf(root: Place): Map<string, Validates> {
  const given = root.get("x-amazon-apigateway-request-validators");
  return new Map((given?.entries() ?? []).map(([name, validator]) => [name, {
    body: validator.get("validateRequestBody")?.flag() ?? false,
    parameters: validator.get("validateRequestParameters")?.flag() ?? false,
  }]));
}

/** The models of an operation by content type; a body without a schema has none. */
export function modelsOf(operation: Place): Map<string, Schema> {
  const models = new Map<string, Schema>();
  for (const [type, media] of operation.get("requestBody")?.get("content")?.entries() ?? []) {
    const schema = media.get("schema", `${operation.where}, model for ${type}`);
    if (schema !== null) models.set(type.toLowerCase(), modelOf(schema));
  }
  return models;
}

function modelOf(place: Place): Schema {
  try {
    return readSchema(place.value, (reference) => referred(place.document, reference));
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    throw place.wrong(error.message);
  }
}
