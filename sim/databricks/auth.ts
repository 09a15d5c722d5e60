/**
 * Auth: who may ask. A personal access token, or a token that a service principal was given for
 * its id and secret (OAuth, machine to machine).
 *
 *   POST /oidc/v1/token   Authorization: Basic <id:secret>
 *                         grant_type=client_credentials&scope=all-apis
 *   200  {"access_token":"…","scope":"all-apis","token_type":"Bearer","expires_in":3600}
 *   401  {"error":"invalid_client","error_description":"…"}
 *
 * Source: Databricks, OAuth machine-to-machine; RFC 6749 §4.4, §5.2.
 * Assumed: the words of the refusals.
 */
import { ServiceError } from "../errors.ts";
import type { Principal } from "../iam/principal.ts";
import type { HttpResponse } from "../net/http.ts";
import { jsonResponse } from "../net/http.ts";
import { randomText } from "../secrets.ts";
import type { World } from "../world.ts";

const expiresSeconds = 3600;

/** The person whose personal access token it is; the workspace has one. */
const tokenOwner: Principal = { kind: "account", name: "token owner" };

export class Auth {
  readonly #token: string;
  readonly #clients: ReadonlyMap<string, string>;
  readonly #world: World;
  /** Tokens that were given out, and when they end. */
  readonly #given = new Map<string, { endMs: number; principal: Principal }>();

  constructor(
    token: string,
    clients: readonly { id: string; secret: string }[],
    world: World,
  ) {
    this.#token = token;
    this.#clients = new Map(clients.map(({ id, secret }) => [id, secret]));
    this.#world = world;
  }

  /** @throws {ServiceError} 401 without a token, or with one that has ended; 403 with a wrong one */
  check(authorization: string | undefined): Principal {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) {
      throw new ServiceError(
        "401",
        "Credential was not sent or was of an unsupported type for this API.",
        401,
      );
    }
    if (token === this.#token) return tokenOwner;
    const given = this.#given.get(token);
    if (given === undefined) throw new ServiceError("403", "Invalid access token.", 403);
    if (given.endMs > this.#world.nowMs()) return given.principal;
    this.#given.delete(token);
    throw new ServiceError("401", "Token is expired.", 401);
  }

  /** The answer of the token endpoint. */
  give(authorization: string | undefined, body: string): HttpResponse {
    const form = new URLSearchParams(body);
    if (form.get("grant_type") !== "client_credentials") {
      return refusal(400, "unsupported_grant_type", "Only client_credentials is supported");
    }
    if (form.get("scope") !== "all-apis") {
      return refusal(400, "invalid_scope", "Only all-apis is supported");
    }
    const [id, secret] = basic(authorization) ??
      [form.get("client_id") ?? "", form.get("client_secret") ?? ""];
    if (id === "" || this.#clients.get(id) !== secret) {
      return refusal(401, "invalid_client", "Client authentication failed");
    }
    return jsonResponse(200, {
      access_token: this.#newToken({ kind: "account", name: id }),
      scope: "all-apis",
      token_type: "Bearer",
      expires_in: expiresSeconds,
    }, "application/json");
  }

  #newToken(principal: Principal): string {
    const nowMs = this.#world.nowMs();
    for (const [token, { endMs }] of this.#given) if (endMs <= nowMs) this.#given.delete(token);
    const token = randomText(40);
    this.#given.set(token, { endMs: nowMs + expiresSeconds * 1000, principal });
    return token;
  }
}

function refusal(status: number, error: string, words: string): HttpResponse {
  return jsonResponse(status, { error, error_description: words }, "application/json");
}

function basic(authorization: string | undefined): [string, string] | undefined {
  const packed = /^Basic (\S+)$/i.exec(authorization ?? "")?.[1];
  if (packed === undefined || !/^[A-Za-z0-9+/]*={0,2}$/.test(packed)) return undefined;
  const bytes = Uint8Array.from(atob(packed), (sign) => sign.charCodeAt(0));
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(new TextDecoder().decode(bytes)) ?? [];
  return id === undefined || secret === undefined ? undefined : [id, secret];
}
