/**
 * HTTP_PROXY: a request of the gateway -> the backend's own answer, status and body unchanged.
 *
 * The path parameters fill the integration's address, the query goes along, and the header fields
 * pass through two tables: some never reach the backend, some come back under another name.
 *
 * Source: API Gateway developer guide, "Important notes" on header remapping; recorded facts.
 * Left out: binary media types, mapping of single parameters, VPC links, TLS to the backend.
 */
import type { HeaderField, HttpRequest, HttpResponse } from "../net/http.ts";
import { headerOf } from "../net/http_wire.ts";
import { type Backends, internalError } from "./backends.ts";
import type { Passage } from "./passage.ts";

export interface HttpProxyIntegration {
  type: "HTTP_PROXY";
  /** Backend address, `http:` only; `{name}` stands for a parameter of the resource's path. */
  uri: string;
}

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

/** @throws {ServiceError} in the gateway's words if the backend gives no answer. */
export async function proxyHttp(
  request: HttpRequest,
  integration: HttpProxyIntegration,
  backends: Backends,
  passage: Passage,
): Promise<HttpResponse> {
  const { parameters } = passage;
  const address = integration.uri.replace(/\{([^{}]+)\}/g, (_, name) => parameters.get(name) ?? "");
  const url = URL.parse(address);
  if (url === null || url.protocol !== "http:") throw internalError();
  const target = url.pathname + (passage.query === "" ? url.search : `?${passage.query}`);
  const headers = headersToBackend(request, url.host, passage);
  const body = request.body ?? new Uint8Array(0);
  const sent = { method: request.method, target, headers, body };
  const response = await backends.send(url, sent, passage.timeoutMs);
  return { ...response, headers: headersToClient(response.headers) };
}

function headersToBackend(
  { headers, client }: HttpRequest,
  host: string,
  { apiId, trace }: Passage,
): HeaderField[] {
  const sent: HeaderField[] = [["Host", host]];
  for (const field of headers) {
    const name = field[0].toLowerCase();
    if (neverSent.has(name) || setHere.has(name)) continue;
    if (name === "authorization" && field[1].startsWith("AWS4-HMAC-SHA256")) continue;
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
  return sent;
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
