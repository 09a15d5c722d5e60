/**
 * HTTP_PROXY: a request of the gateway -> the backend's own answer, status and body unchanged.
 *
 * Mapped parameters fill the integration's address, the query goes along, and the header fields
 * pass through two tables: some never reach the backend, some come back under another name. A
 * signature is for the gateway and ends here.
 *
 * Source: API Gateway developer guide, "Important notes" on header remapping; recorded facts.
 * Left out: binary media types, VPC links, TLS to the backend.
 */
import type { HeaderField, HttpRequest, HttpResponse } from "../net/http.ts";
import { headerOf } from "../net/http_wire.ts";
import { encodeUri } from "../net/uri.ts";
import type { Asked } from "./asked.ts";
import type { Backends } from "./backends.ts";
import type { HttpProxyIntegration } from "./definition/types.ts";
import { RouteError } from "./errors.ts";
import { fieldText, type Mapping, type RequestMappings, requestMappings } from "./mappings.ts";

/** Where a host of the definition really is: `rest.example.com:8082` -> `127.0.0.1:18082`. */
export type Hosts = Readonly<Record<string, string>>;

/** Documented: these never reach the backend as the client sent them. */
const neverSent = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "content-md5",
  "expect",
  "host",
  "max-forwards",
  "proxy-authenticate",
  "server",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "via",
  "www-authenticate",
]);

/** The gateway's own: a client cannot set them. */
const setHere = new Set([
  "x-amzn-apigateway-api-id",
  "x-amzn-trace-id",
  "x-forwarded-for",
  "x-forwarded-port",
  "x-forwarded-proto",
]);

/** Documented: the backend's values come back as `x-amzn-Remapped-<name>`. */
const remapped = new Set([
  "connection",
  "content-length",
  "date",
  "server",
  "www-authenticate",
  "x-amzn-requestid",
]);

/** Hop by hop, or set anew for the client. */
const neverReturned = new Set(["keep-alive", "trailer", "transfer-encoding", "upgrade"]);

const address = /^http:\/\/([^/?#{}]+)(\/[^?#]*)?(?:\?([^#]*))?$/i;
const ownHost = /^(?:127\.0\.0\.1|localhost)(?::[0-9]+)?$/i;
const signatureParts =
  /^X-Amz-(?:Algorithm|Credential|Date|Expires|Security-Token|Signature|SignedHeaders)=/i;

/** One method's way to one backend, ready for requests. */
export class HttpProxy {
  readonly #url: URL;
  /** Of the path: texts, and between them names of mapped parameters. */
  readonly #path: readonly (string | Mapping)[];
  readonly #query: string;
  readonly #method: string;
  readonly #mapped: RequestMappings;
  readonly #timeoutMs: number;

  /** @throws {RouteError} that begins with `where`. */
  constructor(integration: HttpProxyIntegration, where: string, hosts: Hosts) {
    const { uri, httpMethod, requestParameters, timeoutMs } = integration;
    const [, host = "", path = "/", query = ""] = address.exec(uri) ?? [];
    if (host === "") throw new RouteError(`${where}: '${uri}' is no http address`);
    const real = Object.hasOwn(hosts, host) ? hosts[host] : ownHost.test(host) ? host : undefined;
    if (real === undefined) {
      throw new RouteError(`${where}: nothing here stands for '${host}', where '${uri}' leads`);
    }
    this.#url = new URL(`http://${real}`);
    this.#mapped = requestMappings(requestParameters, where);
    this.#path = partsOf(path, this.#mapped.path, where);
    this.#query = query;
    this.#method = httpMethod;
    this.#timeoutMs = timeoutMs;
  }

  /** @throws {GatewayError} if the backend gives no answer. */
  async answer(asked: Asked, backends: Backends): Promise<HttpResponse> {
    const { request, body } = asked;
    const query = this.#queryOf(asked);
    const target = this.#pathOf(asked) + (query === "" ? "" : `?${query}`);
    const method = this.#method === "ANY" ? request.method : this.#method;
    const headers = this.#headersOf(asked);
    const sent = { method, target, headers, body };
    const response = await backends.send(this.#url, sent, this.#timeoutMs);
    return { ...response, headers: headersToClient(response.headers) };
  }

  #pathOf(asked: Asked): string {
    return this.#path.map((part) => typeof part === "string" ? part : part.valueOf(asked, null))
      .join("");
  }

  #queryOf(asked: Asked): string {
    const { passage: { query } } = asked;
    const given = query.includes("X-Amz-")
      ? query.split("&").filter((part) => !signatureParts.test(part)).join("&")
      : query;
    if (this.#query === "" && this.#mapped.query.length === 0) return given;
    const mapped = this.#mapped.query.flatMap(({ name, valueOf }) => {
      const value = valueOf(asked, null);
      return value === undefined ? [] : [{ name: encodeUri(name), value: encodeUri(value) }];
    });
    const isMapped = (part: string) => mapped.some(({ name }) => part.split("=", 1)[0] === name);
    const others = `${this.#query}&${given}`.split("&").filter((part) => part && !isMapped(part));
    return [...others, ...mapped.map(({ name, value }) => `${name}=${value}`)].join("&");
  }

  #headersOf(asked: Asked): HeaderField[] {
    const headers = headersToBackend(asked.request, this.#url.host, asked);
    for (const { name, valueOf } of this.#mapped.headers) {
      const value = valueOf(asked, null);
      if (value === undefined) continue;
      const key = name.toLowerCase();
      if (key === "host") continue; // Host is where it leads here.
      const at = headers.findIndex(([other]) => other.toLowerCase() === key);
      headers.splice(at < 0 ? headers.length : at, at < 0 ? 0 : 1, [name, fieldText(value)]);
    }
    return headers;
  }
}

/** `/a/{x}` in parts. A parameter of the resource's path goes on as it came, escapes included. */
function partsOf(path: string, mapped: readonly Mapping[], where: string): (string | Mapping)[] {
  return path.split(/(\{[^{}]+\})/).filter((part) => part !== "").map((part) => {
    const name = /^\{(.+)\}$/.exec(part)?.[1];
    if (name === undefined) return part;
    const found = mapped.find((one) => one.name === name);
    if (found !== undefined) return found;
    throw new RouteError(
      `${where}: its uri has ${part}, and no 'integration.request.path.${name}' fills it`,
    );
  });
}

function headersToBackend(
  { headers, client }: HttpRequest,
  host: string,
  { passage: { apiId, trace } }: Asked,
): HeaderField[] {
  const sent: HeaderField[] = [["Host", host]];
  let isSigned = false;
  for (const field of headers) {
    const name = field[0].toLowerCase();
    if (neverSent.has(name) || setHere.has(name)) continue;
    if (name === "authorization" && field[1].startsWith("AWS4-HMAC-SHA256")) {
      isSigned = true;
      continue;
    }
    sent.push(field);
  }
  if (headerOf(headers, "accept") === undefined) sent.push(["Accept", "application/json"]);
  if (headerOf(headers, "user-agent") === undefined) {
    sent.push(["User-Agent", `AmazonAPIGateway_${apiId}`]);
  }
  const before = headerOf(headers, "x-forwarded-for");
  sent.push(
    ["X-Amzn-Apigateway-Api-Id", apiId],
    ["X-Amzn-Trace-Id", trace],
    ["X-Forwarded-For", before === undefined ? client : `${before}, ${client}`],
    // Documented: clients reach a gateway by HTTPS only, so this is what backends always see.
    ["X-Forwarded-Port", "443"],
    ["X-Forwarded-Proto", "https"],
  );
  return isSigned ? sent.filter(([name]) => name.toLowerCase() !== "x-amz-security-token") : sent;
}

function headersToClient(headers: readonly HeaderField[]): HeaderField[] {
  const returned: HeaderField[] = [];
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    if (neverReturned.has(key)) continue;
    returned.push([remapped.has(key) ? `x-amzn-Remapped-${name}` : name, value]);
  }
  return returned;
}
