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
import { RouteError } from "./errors.ts";

export interface Route<Integration> {
  /** Resource path, e.g. `/streams/{stream-name}/record` or `/{proxy+}`. */
  path: string;
  /** One of the seven verbs, or `ANY` for each of them. */
  method: string;
  integration: Integration;
}

export interface RouteMatch<Integration> {
  integration: Integration;
  /** The path of the route, as it was given. */
  resourcePath: string;
  /** By name, raw as they stood in the path; a greedy one with its inner slashes. */
  parameters: ReadonlyMap<string, string>;
}

type Methods<Integration> = Map<string, Route<Integration>>;

interface Resource<Integration> {
  exact: Map<string, Resource<Integration>>;
  parameter: { name: string; resource: Resource<Integration> } | null;
  greedy: { name: string; methods: Methods<Integration> } | null;
  methods: Methods<Integration>;
}

const verbs = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]);

/** All routes of one API as a tree of resources. */
export class Routes<Integration> {
  readonly #root = newResource<Integration>();

  /**
   * @throws {RouteError} for two parameters of different name in one place, a greedy one that is
   * not last, or a parameter that is only a part of its segment.
   */
  constructor(routes: readonly Route<Integration>[]) {
    for (const route of routes) this.#add(route);
  }

  /** The route of a raw path below the stage, or null; empty segments do not count. */
  match(method: string, path: string): RouteMatch<Integration> | null {
    const segments = segmentsOf(path);
    const parameters = new Map<string, string>();
    const methods = find(this.#root, segments, 0, parameters);
    if (methods === null || !verbs.has(method)) return null;
    const route = methods.get(method) ?? methods.get("ANY");
    if (route === undefined) return null;
    return { integration: route.integration, resourcePath: route.path, parameters };
  }

  #add(route: Route<Integration>): void {
    const { path, method } = route;
    const where = `${method} ${path}`;
    let resource = this.#root;
    const segments = segmentsOf(path);
    for (const [index, segment] of segments.entries()) {
      const name = /^\{(.+)\}$/.exec(segment)?.[1];
      if (name === undefined) {
        if (/[{}]/.test(segment)) {
          throw new RouteError(`${where}: a parameter is a whole segment, '${segment}' is not`);
        }
        resource = child(resource.exact, segment);
      } else if (name.endsWith("+")) {
        if (index !== segments.length - 1) {
          throw new RouteError(`${where}: the path goes on after ${segment}`);
        }
        resource.greedy ??= { name: name.slice(0, -1), methods: new Map() };
        resource.greedy.methods.set(method, route);
        return;
      } else {
        resource.parameter ??= { name, resource: newResource() };
        if (resource.parameter.name !== name) {
          throw new RouteError(
            `${where}: ${segment} stands where another path has {${resource.parameter.name}}`,
          );
        }
        resource = resource.parameter.resource;
      }
    }
    resource.methods.set(method, route);
  }
}

function newResource<Integration>(): Resource<Integration> {
  return { exact: new Map(), parameter: null, greedy: null, methods: new Map() };
}

function child<Integration>(
  children: Map<string, Resource<Integration>>,
  name: string,
): Resource<Integration> {
  let resource = children.get(name);
  if (resource === undefined) children.set(name, resource = newResource<Integration>());
  return resource;
}

function segmentsOf(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "");
}

function find<Integration>(
  resource: Resource<Integration>,
  segments: readonly string[],
  at: number,
  parameters: Map<string, string>,
): Methods<Integration> | null {
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
