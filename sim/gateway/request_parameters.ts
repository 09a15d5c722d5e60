/**
 * Parameter mappings of an integration: `integration.request.header.<name>` -> the header field
 * that the service gets.
 *
 * Source: API Gateway developer guide, "Amazon API Gateway API request and response data mapping
 * reference".
 * Left out: parts of the body, stage variables, and mappings into the query or the path.
 */
import { contextValue } from "./context.ts";
import type { Passage } from "./passage.ts";
import { RouteError } from "./routes.ts";
import { headerParameter, type TemplateParameters } from "./vtl/mod.ts";

export interface Mapping {
  name: string;
  valueOf(parameters: TemplateParameters, passage: Passage): string | undefined;
}

const header = /^integration\.request\.header\.([A-Za-z0-9-]+)$/;
const fromMethod = /^method\.request\.(path|querystring|header)\.([A-Za-z0-9._-]+)$/;
const fixed = /^'([^']*)'$/;

/** @throws {RouteError} that begins with `where`. */
export function headerMappings(
  parameters: Readonly<Record<string, string>>,
  where: string,
): Mapping[] {
  return Object.entries(parameters).map(([target, source]) => {
    const name = header.exec(target)?.[1];
    if (name === undefined) throw new RouteError(`${where}: cannot map to '${target}'`);
    return { name, valueOf: valueOf(source, where) };
  });
}

function valueOf(source: string, where: string): Mapping["valueOf"] {
  const text = fixed.exec(source)?.[1];
  if (text !== undefined) return () => text;
  const [, place, name = ""] = fromMethod.exec(source) ?? [];
  if (place === "path") return ({ path }) => path.get(name);
  if (place === "querystring") return ({ query }) => query.get(name);
  if (place === "header") return ({ headers }) => headerParameter(headers, name);
  if (!source.startsWith("context.")) {
    throw new RouteError(
      `${where}: cannot map '${source}'; a fixed text stands between single quotes`,
    );
  }
  return (_parameters, passage) => contextValue(passage, source.slice("context.".length));
}
