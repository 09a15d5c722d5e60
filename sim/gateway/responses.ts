/**
 * Integration responses: the status and the answer of a backend -> what the client gets.
 *
 * The first response whose pattern matches the whole status is taken, else the one without a
 * pattern, even for an error. Header fields come along only where they are mapped.
 *
 * Source: API Gateway developer guide, "Set up an integration response".
 */
import type { HeaderField, HttpResponse } from "../net/http.ts";
import type { Asked } from "./asked.ts";
import type { IntegrationResponse } from "./definition/types.ts";
import { internalError, RouteError } from "./errors.ts";
import { fieldText, headerMappings, type Mapping } from "./mappings.ts";
import { acceptedType, json, loadTemplates, rendered } from "./templates.ts";
import { BodyError, type Template, TemplateFailure } from "./vtl/mod.ts";

interface Response {
  /** Null: the default. */
  pattern: RegExp | null;
  status: number;
  headers: readonly Mapping[];
  templates: ReadonlyMap<string, Template>;
}

const decoder = new TextDecoder();

export class IntegrationResponses {
  readonly #responses: readonly Response[];

  /** @throws {RouteError} that begins with `where`. */
  constructor(responses: readonly IntegrationResponse[], where: string) {
    this.#responses = responses.map((response) => loaded(response, where));
  }

  /** @throws {GatewayError} if no response fits. */
  answer(asked: Asked, answer: HttpResponse): HttpResponse {
    const text = String(answer.status);
    const response = this.#responses.find(({ pattern }) => pattern?.test(text)) ??
      this.#responses.find(({ pattern }) => pattern === null);
    if (response === undefined) throw internalError();
    const { status, templates } = response;
    const mapped = mappedHeaders(response, asked, answer);
    const accept = acceptedType(asked.request.headers);
    const type = templates.has(accept) ? accept : json;
    const template = templates.get(type);
    const body = template === undefined
      ? answer.body
      : rendered(template, asked, decoder.decode(answer.body));
    const hasType = mapped.some(([name]) => name.toLowerCase() === "content-type");
    return { status, headers: hasType ? mapped : [["Content-Type", type], ...mapped], body };
  }
}

/** Assumed: a path that leads nowhere in an answer that is no JSON gives no header field. */
function mappedHeaders({ headers }: Response, asked: Asked, answer: HttpResponse): HeaderField[] {
  return headers.flatMap(({ name, valueOf }): HeaderField[] => {
    try {
      const value = valueOf(asked, answer);
      return value === undefined ? [] : [[name, fieldText(value)]];
    } catch (error) {
      if (error instanceof BodyError || error instanceof TemplateFailure) return [];
      throw error;
    }
  });
}

function loaded(response: IntegrationResponse, where: string): Response {
  const { selectionPattern, statusCode, responseTemplates, responseParameters } = response;
  const place = `${where}, response ${statusCode}`;
  return {
    pattern: patternOf(selectionPattern, where),
    status: statusCode,
    headers: headerMappings(responseParameters, place),
    templates: loadTemplates(responseTemplates, place),
  };
}

/** Documented: an empty pattern is none. */
function patternOf(text: string, where: string): RegExp | null {
  if (text === "") return null;
  try {
    return new RegExp(`^(?:${text})$`);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RouteError(`${where}: '${text}' is no pattern of a status`);
  }
}
