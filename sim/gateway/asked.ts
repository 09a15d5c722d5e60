/**
 * Asked: one request on its way, and what templates and mappings look up in it. Each view of it is
 * made when something first asks for it: most requests need none.
 */
import type { HttpRequest } from "../net/http.ts";
import { decodeUri, parseQuery } from "../net/uri.ts";
import { badRequest, internalError, refusal } from "./errors.ts";
import { contextOf } from "./context.ts";
import type { Passage } from "./passage.ts";
import {
  BodyError,
  type Facts,
  Input,
  javaText,
  TemplateFailure,
  type TemplateParameters,
} from "./vtl/mod.ts";

const decoder = new TextDecoder();
const none = new Uint8Array(0);

export class Asked {
  readonly body: Uint8Array;
  #text: string | null = null;
  #parameters: TemplateParameters | null = null;
  #context: Facts | null = null;
  #input: Input | null = null;

  constructor(readonly request: HttpRequest, readonly passage: Passage) {
    this.body = request.body ?? none;
  }

  get text(): string {
    return this.#text ??= decoder.decode(this.body);
  }

  /** @throws {GatewayError} if the query is no UTF-8. */
  get parameters(): TemplateParameters {
    return this.#parameters ??= parametersOf(this.request, this.passage);
  }

  get context(): Facts {
    return this.#context ??= contextOf(this.request, this.passage);
  }

  /** A value of `$context` by its path; undefined where there is none. */
  contextValue(path: string): string | undefined {
    let value: Facts | string | number | undefined = this.context;
    for (const name of path.split(".")) {
      if (typeof value !== "object" || !Object.hasOwn(value, name)) return undefined;
      value = value[name];
    }
    return value === undefined || typeof value === "object" ? undefined : String(value);
  }

  /** @throws {GatewayError} if the body is no JSON. */
  bodyValue(path: string): string {
    this.#input ??= new Input(this.text, this.parameters);
    return inGatewaysWords(() => javaText(this.#input!.path(path)));
  }
}

/**
 * Assumed: the words for a body that is no JSON, after the colon; what else fails is 500.
 * @throws {GatewayError}
 */
export function inGatewaysWords<T>(look: () => T): T {
  try {
    return look();
  } catch (error) {
    if (error instanceof BodyError) {
      const message = `Could not parse request body into json: ${error.message}`;
      throw refusal("BAD_REQUEST_BODY", message);
    }
    if (error instanceof TemplateFailure) throw internalError();
    throw error;
  }
}

/** Assumed: parameters of the path are decoded, and one that is no UTF-8 stays as it is. */
function parametersOf(request: HttpRequest, passage: Passage): TemplateParameters {
  const query = parseQuery(passage.query);
  if (query === null) throw badRequest();
  const path = new Map<string, string>();
  for (const [name, value] of passage.parameters) path.set(name, decodeUri(value) ?? value);
  return { path, query: new Map(query), headers: new Map(request.headers) };
}
