/**
 * Routes of a REST API: method and path -> the integration that answers, and the path's
 * parameters.
 *
 * In each segment an exact name wins over `{param}`, and that over greedy `{proxy+}`, which takes
 * one segment or more. The resource is chosen by its path alone: one that lacks the method does
 * not pass the request on to a wider one.
 *
 * Source: API Gateway developer guide, "Set up API integrations"; facts recorded against AWS.
 */
import type { Integration } from "./integrations.ts";

export interface GatewayRoute {
  /** Resource path, e.g. `/streams/{stream-name}/record` or `/{proxy+}`. */
  path: string;
  /** One of the seven verbs, or `ANY` for each of them. */
  method: string;
  integration: Integration;
}

export interface RouteMatch {
  integration: Integration;
  /** By name, raw as they stood in the path; a greedy one with its inner slashes. */
  parameters: ReadonlyMap<string, string>;
}

interface Resource {
  exact: Map<string, Resource>;
  parameter: { name: string; resource: Resource } | null;
  greedy: { name: string; methods: Map<string, Integration> } | null;
  methods: Map<string, Integration>;
}

const verbs = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]);

/** All routes of one API as a tree of resources. */
export class Routes {
  readonly #root = newResource();

  /** @throws {TypeError} for two parameters of different name in one place, or a greedy one that is not last. */
  constructor(routes: readonly GatewayRoute[]) {
    for (const route of routes) this.#add(route);
  }

  /** The route of a raw path below the stage, or null; trailing slashes do not count. */
  match(method: string, path: string): RouteMatch | null {
    const segments = segmentsOf(path);
    const parameters = new Map<string, string>();
    const methods = find(this.#root, segments, 0, parameters);
    if (methods === null || !verbs.has(method)) return null;
    const integration = methods.get(method) ?? methods.get("ANY");
    return integration === undefined ? null : { integration, parameters };
  }

  #add({ path, method, integration }: GatewayRoute): void {
    if (method !== "ANY" && !verbs.has(method)) throw new TypeError(`Method is '${method}'`);
    let resource = this.#root;
    const segments = segmentsOf(path);
    for (const [index, segment] of segments.entries()) {
      const name = /^\{(.+)\}$/.exec(segment)?.[1];
      if (name === undefined) {
        resource = child(resource.exact, segment);
      } else if (name.endsWith("+")) {
        if (index !== segments.length - 1) {
          throw new TypeError(`'${path}' goes on after ${segment}`);
        }
        resource.greedy ??= { name: name.slice(0, -1), methods: new Map() };
        resource.greedy.methods.set(method, integration);
        return;
      } else {
        resource.parameter ??= { name, resource: newResource() };
        if (resource.parameter.name !== name) {
          throw new TypeError(`'${path}' names ${segment}: already {${resource.parameter.name}}`);
        }
        resource = resource.parameter.resource;
      }
    }
    resource.methods.set(method, integration);
  }
}

function newResource(): Resource {
  return { exact: new Map(), parameter: null, greedy: null, methods: new Map() };
}

function child(children: Map<string, Resource>, name: string): Resource {
  let resource = children.get(name);
  if (resource === undefined) children.set(name, resource = newResource());
  return resource;
}

function segmentsOf(path: string): string[] {
  const trimmed = path.replace(/^\//, "").replace(/\/+$/, "");
  return trimmed === "" ? [] : trimmed.split("/");
}

function find(
  resource: Resource,
  segments: readonly string[],
  at: number,
  parameters: Map<string, string>,
): Map<string, Integration> | null {
  const segment = segments[at];
  if (segment === undefined) return resource.methods.size > 0 ? resource.methods : null;
  const { parameter, greedy } = resource;
  const exact = resource.exact.get(decoded(segment));
  const found = exact === undefined ? null : find(exact, segments, at + 1, parameters);
  if (found !== null) return found;
  if (parameter !== null) {
    const methods = find(parameter.resource, segments, at + 1, parameters);
    if (methods !== null) {
      parameters.set(parameter.name, segment);
      return methods;
    }
  }
  if (greedy === null) return null;
  parameters.set(greedy.name, segments.slice(at).join("/"));
  return greedy.methods;
}

function decoded(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // A stray percent sign is part of no resource's name.
  }
}
