/** What a resource of the proxy gets and gives: between HTTP and the handlers. */
import {
  type HeaderField,
  type HttpRequest,
  type HttpResponse,
  jsonResponse,
} from "../net/http.ts";
import { contentType, negotiate } from "./media_types.ts";
import { methodNotAllowed, notAcceptable, notFound, unsupportedMediaType } from "./errors.ts";

export interface Exchange {
  headers: readonly HeaderField[];
  body: Uint8Array;
  /** Of the path, unescaped, in their order. */
  parameters: readonly string[];
  query: URLSearchParams;
  /** The request's, null if it named none. */
  contentType: string | null;
  /** Negotiated. */
  accepted: string;
}

export interface Resource {
  method: string;
  /** Segments; `*` takes any one. */
  path: readonly string[];
  /** Media types that a body may have; a request that names none passes as well, unless `strict`. */
  consumes: readonly string[];
  /** A body without a type is refused too. */
  strict?: boolean;
  /** Media types of the answer, the preferred one first. */
  produces: readonly string[];
  handle(exchange: Exchange): Promise<HttpResponse> | HttpResponse;
}

/**
 * Chooses as JAX-RS does: path, then method, then the body's type, then what is accepted.
 * @throws {ServiceError} 404, 405, 415 or 406.
 */
export function resolve(
  request: HttpRequest,
  resources: readonly Resource[],
): { resource: Resource; exchange: Exchange } {
  const { method, target, headers } = request;
  const mark = target.indexOf("?");
  const segments = segmentsOf(mark < 0 ? target : target.slice(0, mark));
  const atPath = resources.filter(({ path }) => fits(path, segments));
  if (atPath.length === 0) throw notFound();
  const wanted = method === "HEAD" ? "GET" : method;
  const resource = atPath.find((candidate) => candidate.method === wanted);
  if (resource === undefined) throw methodNotAllowed();
  const type = contentType(headers);
  const isKnown = type === null ? resource.strict !== true : resource.consumes.includes(type);
  if (!isKnown) throw unsupportedMediaType();
  const accepted = negotiate(headers, resource.produces);
  if (accepted === null) throw notAcceptable();
  const parameters = segments.filter((_, index) => resource.path[index] === "*").map(unescaped);
  const query = new URLSearchParams(mark < 0 ? "" : target.slice(mark + 1));
  const body = request.body ?? new Uint8Array(0);
  return { resource, exchange: { headers, body, parameters, query, contentType: type, accepted } };
}

function segmentsOf(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "");
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  return pattern.length === segments.length &&
    pattern.every((part, index) => part === "*" || part === segments[index]);
}

function unescaped(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw notFound();
  }
}

export function ok(exchange: Exchange, value: unknown): HttpResponse {
  return jsonResponse(200, value, exchange.accepted);
}

export const noContent: HttpResponse = { status: 204, headers: [], body: new Uint8Array(0) };
