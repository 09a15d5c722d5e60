/**
 * Templates of an integration: those of the definition -> a body, chosen by content type.
 *
 * Documented: a request without Content-Type counts as `application/json`; a type without template
 * passes as it is (WHEN_NO_MATCH), only if there is no template at all (WHEN_NO_TEMPLATES), or
 * never (NEVER).
 */
import type { HeaderField } from "../net/http.ts";
import { headerOf } from "../net/http_wire.ts";
import { type Asked, inGatewaysWords } from "./asked.ts";
import type { Mapped, Texts } from "./definition/types.ts";
import { refusal, RouteError } from "./errors.ts";
import { limits } from "./limits.ts";
import { Template, TemplateSyntaxError } from "./vtl/mod.ts";

export const json = "application/json";
const encoder = new TextEncoder();

/** @throws {RouteError} that begins with `where`. */
export function loadTemplates(texts: Texts, where: string): Map<string, Template> {
  const templates = new Map<string, Template>();
  for (const [type, text] of Object.entries(texts)) {
    if (text.length > limits.templateBytesMax) {
      throw new RouteError(`${where}, template for ${type}: is longer than 300 KB`);
    }
    try {
      templates.set(type, new Template(text));
    } catch (error) {
      if (!(error instanceof TemplateSyntaxError)) throw error;
      throw new RouteError(`${where}, template for ${type}: ${error.message}`);
    }
  }
  return templates;
}

/** Bodies of requests to a backend. */
export class RequestTemplates {
  readonly #templates: ReadonlyMap<string, Template>;
  readonly #passthrough: Mapped["passthroughBehavior"];

  /** @throws {RouteError} that begins with `where`. */
  constructor({ requestTemplates, passthroughBehavior }: Mapped, where: string) {
    this.#templates = loadTemplates(requestTemplates, where);
    this.#passthrough = passthroughBehavior;
  }

  /** @throws {GatewayError} */
  body(asked: Asked): Uint8Array {
    const template = this.#templates.get(contentType(asked.request.headers));
    if (template !== undefined) return rendered(template, asked, asked.text);
    const passes = this.#passthrough === "WHEN_NO_MATCH" ||
      (this.#passthrough === "WHEN_NO_TEMPLATES" && this.#templates.size === 0);
    if (passes) return asked.body;
    throw refusal("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type");
  }
}

/** @throws {GatewayError} if it fails. */
export function rendered(template: Template, asked: Asked, body: string): Uint8Array {
  const { parameters, context, passage: { stageVariables } } = asked;
  const variables = { body, parameters, context, stageVariables };
  return inGatewaysWords(() => encoder.encode(template.render(variables)));
}

/** The media type alone, in small letters. */
export function contentType(headers: readonly HeaderField[]): string {
  return headerOf(headers, "content-type")?.split(";")[0]?.trim().toLowerCase() || json;
}

/** Documented: only the first type that a client accepts counts. */
export function acceptedType(headers: readonly HeaderField[]): string {
  return headerOf(headers, "accept")?.split(/[,;]/)[0]?.trim() ?? json;
}
