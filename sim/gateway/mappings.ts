/**
 * Parameter mappings: where a value is from -> the value, for one request or one answer.
 *
 *   method.request.path.x, .querystring.x, .header.x, .body, .body.<JSONPath>
 *   integration.response.header.x, .body, .body.<JSONPath>     in mappings of an answer alone
 *   context.x, stageVariables.x, 'a fixed text'
 *
 * Source: API Gateway developer guide, "Amazon API Gateway API request and response data mapping
 * reference".
 * Left out: multi-valued parameters.
 */
import type { HttpResponse } from "../net/http.ts";
import { headerOf } from "../net/http_wire.ts";
import { encodeUri } from "../net/uri.ts";
import type { Asked } from "./asked.ts";
import { RouteError } from "./errors.ts";
import { headerParameter, Input, javaText } from "./vtl/mod.ts";

/** Undefined: there is nothing to map. */
export type Source = (asked: Asked, answer: HttpResponse | null) => string | undefined;

export interface Mapping {
  name: string;
  valueOf: Source;
}

const target = /^integration\.request\.(header|querystring|path)\.([A-Za-z0-9!#$%&'*+.^_`|~-]+)$/;
const responseHeader = /^(?:method\.response|gatewayresponse)\.header\.([A-Za-z0-9-]+)$/;
const fromMethod = /^method\.request\.(path|querystring|header)\.([A-Za-z0-9._-]+)$/;
const fromBody = /^(method\.request|integration\.response)\.body(?:\.(.+))?$/;
const fromHeader = /^integration\.response\.header\.([A-Za-z0-9-]+)$/;
const fromElsewhere = /^(context|stageVariables)\.([A-Za-z0-9._-]+)$/;
const fixed = /^'([^']*)'$/;

export interface RequestMappings {
  headers: Mapping[];
  query: Mapping[];
  path: Mapping[];
}

/** @throws {RouteError} that begins with `where`. */
export function requestMappings(
  parameters: Readonly<Record<string, string>>,
  where: string,
): RequestMappings {
  const mappings: RequestMappings = { headers: [], query: [], path: [] };
  const places = { header: "headers", querystring: "query", path: "path" } as const;
  for (const [to, from] of Object.entries(parameters)) {
    const [, place, name] = target.exec(to) ?? [];
    if (name === undefined) throw new RouteError(`${where}: cannot map to '${to}'`);
    const source = place === "path" ? pathSource(from, where) : sourceOf(from, where);
    mappings[places[place as keyof typeof places]].push({ name, valueOf: source });
  }
  return mappings;
}

/** @throws {RouteError} that begins with `where`. */
export function headerMappings(
  parameters: Readonly<Record<string, string>>,
  where: string,
): Mapping[] {
  return Object.entries(parameters).map(([to, from]) => {
    const name = responseHeader.exec(to)?.[1];
    if (name === undefined) throw new RouteError(`${where}: cannot map to '${to}'`);
    return { name, valueOf: sourceOf(from, where) };
  });
}

/** A value as a header field can carry it: nothing that ends its line. */
export function fieldText(value: string): string {
  // deno-lint-ignore no-control-regex -- they are what must not be there
  return value.replace(/[\0-\x08\x0a-\x1f\x7f]/g, " ");
}

function sourceOf(source: string, where: string): Source {
  const text = fixed.exec(source)?.[1];
  if (text !== undefined) return () => text;
  const found = parameterSource(source) ?? bodySource(source) ?? otherSource(source);
  if (found !== null) return found;
  throw new RouteError(
    `${where}: cannot map '${source}'; a fixed text stands between single quotes`,
  );
}

/** A part of a path goes on as it came, escapes included; anything else is escaped. */
function pathSource(source: string, where: string): Source {
  const [, place, name = ""] = fromMethod.exec(source) ?? [];
  if (place === "path") return ({ passage }) => passage.parameters.get(name);
  const valueOf = sourceOf(source, where);
  return (asked, answer) => encodeUri(valueOf(asked, answer) ?? "");
}

function parameterSource(source: string): Source | null {
  const [, place, name = ""] = fromMethod.exec(source) ?? [];
  if (place === "path") return ({ parameters: { path } }) => path.get(name);
  if (place === "querystring") return ({ parameters: { query } }) => query.get(name);
  if (place === "header") return ({ parameters: { headers } }) => headerParameter(headers, name);
  return null;
}

function bodySource(source: string): Source | null {
  const [, whose, path] = fromBody.exec(source) ?? [];
  if (whose === undefined) return null;
  if (whose === "method.request") {
    return path === undefined ? ({ text }) => text : (asked) => asked.bodyValue(`$.${path}`);
  }
  return ({ parameters }, answer) => {
    const body = new TextDecoder().decode(answer?.body);
    return path === undefined ? body : javaText(new Input(body, parameters).path(`$.${path}`));
  };
}

function otherSource(source: string): Source | null {
  const header = fromHeader.exec(source)?.[1];
  if (header !== undefined) {
    return (_, answer) => headerOf(answer?.headers ?? [], header.toLowerCase());
  }
  const [, whose, name = ""] = fromElsewhere.exec(source) ?? [];
  if (whose === "context") return (asked) => asked.contextValue(name);
  if (whose === "stageVariables") return ({ passage }) => passage.stageVariables[name];
  return null;
}
