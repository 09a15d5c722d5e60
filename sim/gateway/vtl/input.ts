/**
 * `$input`: the body and the parameters of a request, as a template sees them.
 *
 * The body is parsed when a template first looks into it, and once.
 *
 * Documented: `params(x)` looks in the path, then the query, then the headers; a body that is
 * missing counts as `{}`; a path that leads nowhere gives an empty text, whose JSON is `""`.
 * Assumed: headers are found whatever their case; a parameter that is nowhere is an empty text.
 */
import { BodyError, JsonError } from "./errors.ts";
import { JsonDocument } from "./json_document.ts";
import { jsonPath } from "./json_path.ts";
import { invoke, method, type Methods } from "./methods.ts";
import { HostObject, JavaMap, jsonText, type Value } from "./values.ts";

export interface TemplateParameters {
  path: ReadonlyMap<string, string>;
  query: ReadonlyMap<string, string>;
  /** By name as sent; of a name that stands twice, the last. */
  headers: ReadonlyMap<string, string>;
}

export const inputMethods: Methods<Input> = new Map([
  ["json", [method<Input>("text", (self, args) => self.json(args.text(0)))]],
  ["path", [method<Input>("text", (self, args) => self.path(args.text(0)))]],
  ["params", [
    method<Input>("", (self) => self.allParameters()),
    method<Input>("text", (self, args) => self.parameter(args.text(0))),
  ]],
  ["getBody", [method<Input>("", (self) => self.body)]],
]);

export const inputProperties: ReadonlySet<string> = new Set(["body"]);

export class Input extends HostObject {
  readonly body: string;
  readonly #parameters: TemplateParameters;
  #document: JsonDocument | null = null;

  constructor(body: string, parameters: TemplateParameters) {
    super();
    this.body = body === "" ? "{}" : body;
    this.#parameters = parameters;
  }

  override property(name: string): Value | undefined {
    return name === "body" ? this.body : undefined;
  }

  override call(name: string, args: Value[]): Value | undefined {
    return invoke(inputMethods, name, this, args);
  }

  /** @throws {BodyError} if the body is no JSON. */
  path(path: string): Value {
    this.#document ??= parsedBody(this.body);
    const found = jsonPath(path).read(this.#document.root);
    return found === undefined ? "" : found;
  }

  json(path: string): string {
    return jsonText(this.path(path));
  }

  parameter(name: string): string {
    const { path, query, headers } = this.#parameters;
    return path.get(name) ?? query.get(name) ?? headerParameter(headers, name) ?? "";
  }

  allParameters(): JavaMap {
    const { path, query, headers } = this.#parameters;
    const groups = { path, querystring: query, header: headers };
    return new JavaMap(
      new Map(Object.entries(groups).map(([name, group]) => [name, new JavaMap(new Map(group))])),
    );
  }
}

function parsedBody(body: string): JsonDocument {
  try {
    return new JsonDocument(body);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new BodyError(error.message, { cause: error });
  }
}

/** A header field, whatever the case of its name. */
export function headerParameter(
  headers: TemplateParameters["headers"],
  name: string,
): string | undefined {
  const exact = headers.get(name);
  if (exact !== undefined) return exact;
  const wanted = name.toLowerCase();
  for (const [key, value] of headers) if (key.toLowerCase() === wanted) return value;
  return undefined;
}
