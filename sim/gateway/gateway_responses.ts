/**
 * Gateway responses: a refusal -> the answer that tells it, in the form that the definition gives
 * to its type, or to all of 4XX or 5XX.
 *
 * Documented: templates know variables only, no Velocity. Observed (public reports): what IAM says
 * comes under `Message`, all else under `message`.
 *
 * Source: API Gateway developer guide, "Gateway responses for REST APIs in API Gateway".
 */
import type { HeaderField, HttpResponse } from "../net/http.ts";
import type { Asked } from "./asked.ts";
import type { GatewayResponse, Texts } from "./definition/types.ts";
import { GatewayError, type ResponseType } from "./errors.ts";
import { fieldText, headerMappings, type Mapping } from "./mappings.ts";
import { acceptedType, json } from "./templates.ts";

interface Loaded {
  status: number | null;
  headers: readonly Mapping[];
  templates: Texts;
}

const encoder = new TextEncoder();

export class GatewayResponses {
  readonly #loaded: ReadonlyMap<ResponseType, Loaded>;

  /** @throws {RouteError} if a mapping cannot work. */
  constructor(responses: ReadonlyMap<ResponseType, GatewayResponse>) {
    const loaded = [...responses].map(([type, response]): [ResponseType, Loaded] => [type, {
      status: response.statusCode,
      headers: headerMappings(response.responseParameters, `Gateway response ${type}`),
      templates: response.responseTemplates,
    }]);
    this.#loaded = new Map(loaded);
  }

  /** @param asked null: it was refused before anything was known of it */
  answer(error: GatewayError, asked: Asked | null): HttpResponse {
    const form = asked === null ? null : this.#formOf(error);
    const type: HeaderField = ["x-amzn-ErrorType", error.code];
    if (form === null || asked === null) {
      return { status: error.status, headers: [["Content-Type", json], type], body: plain(error) };
    }
    const mapped = form.headers.flatMap(({ name, valueOf }): HeaderField[] => {
      const value = known(() => valueOf(asked, null));
      return value === undefined ? [] : [[name, fieldText(value)]];
    });
    const [contentType, template] = templateOf(form.templates, acceptedType(asked.request.headers));
    const body = template === null ? plain(error) : encoder.encode(filled(template, error, asked));
    const headers: HeaderField[] = [["Content-Type", contentType], type, ...mapped];
    return { status: form.status ?? error.status, headers, body };
  }

  #formOf({ type, status }: GatewayError): Loaded | null {
    if (type === null) return null;
    const all = status < 500 ? "DEFAULT_4XX" : "DEFAULT_5XX";
    return this.#loaded.get(type) ?? this.#loaded.get(all) ?? null;
  }
}

/** `{"message":$context.error.messageString}`. */
function plain({ type, code, message }: GatewayError): Uint8Array {
  const isIams = type === "ACCESS_DENIED" && code === "AccessDeniedException";
  return encoder.encode(JSON.stringify(isIams ? { Message: message } : { message }));
}

/** Assumed: the one for the accepted type, else for JSON, else the first. */
function templateOf(templates: Texts, accept: string): [type: string, text: string | null] {
  for (const type of [accept, json, ...Object.keys(templates)]) {
    if (Object.hasOwn(templates, type)) return [type, templates[type]!];
  }
  return [json, null];
}

const variable =
  /\$(?:\{((?:context|stageVariables|method\.request)\.[A-Za-z0-9._-]+)\}|((?:context|stageVariables|method\.request)(?:\.[A-Za-z0-9_-]+)+))/g;

/** Assumed: a variable that nothing stands behind prints nothing. */
function filled(template: string, error: GatewayError, asked: Asked): string {
  return template.replace(variable, (_, braced, plain) => {
    const name: string = braced ?? plain;
    return errorValue(error, name) ?? known(() => valueOf(name, asked)) ?? "";
  });
}

function errorValue({ type, message, validation }: GatewayError, name: string): string | undefined {
  switch (name) {
    case "context.error.message":
      return message;
    case "context.error.messageString":
      return JSON.stringify(message);
    case "context.error.responseType":
      return type ?? "";
    case "context.error.validationErrorString":
      return validation;
    default:
      return undefined;
  }
}

function valueOf(name: string, asked: Asked): string | undefined {
  const [first = "", ...rest] = name.split(".");
  if (first === "context") return asked.contextValue(rest.join("."));
  if (first === "stageVariables") return asked.passage.stageVariables[rest.join(".")];
  const [place, ...parameter] = rest.slice(1);
  const { path, query, headers } = asked.parameters;
  const key = parameter.join(".");
  if (place === "path") return path.get(key);
  if (place === "querystring") return query.get(key);
  const wanted = key.toLowerCase();
  return place === "header"
    ? [...headers].find(([other]) => other.toLowerCase() === wanted)?.[1]
    : undefined;
}

/** What cannot be read of a request that is refused anyway is not there. */
function known(look: () => string | undefined): string | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
}
