/**
 * Authorization: a request and how its method is guarded -> who asks, or why it goes no further.
 *
 *   AWS_IAM   a signature for `execute-api`, over the body that came; then `execute-api:Invoke` on
 *             arn:aws:execute-api:<region>:<account>:<api>/<stage>/<VERB>/<path>
 *   NONE      whatever is signed does not count; a resource policy must let everybody through
 *
 * Observed (public reports): denials hide the account but for its last four digits. Assumed: in
 * the path escapes are undone, but for those of slashes, before policies see it.
 *
 * Documented: with both kinds of policies either may allow; who has signed nothing has none of
 * one's own, so the API's must.
 *
 * Source: API Gateway developer guide, "Control access to a REST API with IAM permissions",
 * "How API Gateway resource policies affect authorization workflow"; texts from recorded facts.
 * Left out: SigV4A, authorizers.
 */
import type { Door } from "../iam/door.ts";
import { anonymous, type AwsPrincipal, type Principal } from "../iam/principal.ts";
import { compiled, MalformedPolicy } from "../iam/policy/mod.ts";
import type { HttpRequest } from "../net/http.ts";
import { headerOf } from "../net/http_wire.ts";
import { parseClaim, sha256Hex, verifyClaim, type WireRequest } from "../net/sigv4.ts";
import { decodeUri } from "../net/uri.ts";
import type { ApiMethod } from "./definition/types.ts";
import { refusal, RouteError } from "./errors.ts";
import { service, skewMs, unusable, wrongClaim } from "./signature_words.ts";

export interface GuardOptions {
  door: Door;
  region: string;
  accountId: string;
  apiId: string;
  /** The text of the resource policy as the definition has it; null: none. */
  policy: string | null;
  nowMs(): number;
}

/** Where a request wants to go. */
export interface Goal {
  stage: string;
  /** Below the stage, raw. */
  path: string;
}

/** The guard of one API. */
export class Guard {
  readonly #options: GuardOptions;
  /** Its resources written out; null: there is none. */
  readonly #policy: string | null;

  /** @throws {RouteError} if the resource policy is none. */
  constructor(options: GuardOptions) {
    this.#options = options;
    this.#policy = options.policy === null ? null : this.#writtenOut(options.policy);
    if (this.#policy !== null) checkPolicy(this.#policy);
  }

  /** @throws {GatewayError} */
  admit(request: HttpRequest, { authorization }: ApiMethod, goal: Goal): Principal {
    const isSigned = authorization === "AWS_IAM";
    const principal = isSigned ? this.#signer(request) : anonymous;
    if (isSigned || this.#policy !== null) this.#ask(principal, request, goal);
    return principal;
  }

  #signer(request: HttpRequest): AwsPrincipal {
    const wire = wireOf(request);
    const parsed = parseClaim(wire);
    if (parsed.kind !== "claim") throw unusable(parsed, wire);
    const { door, region, nowMs } = this.#options;
    const now = nowMs();
    const verdict = verifyClaim(wire, parsed.claim, {
      region,
      service,
      nowMs: now,
      skewMs,
      pathForm: "twice",
      payloadHash: sha256Hex(request.body ?? new Uint8Array(0)),
      keyOf: (id) => door.keyOf(id),
      mustSign: () => false,
    });
    if (verdict.kind === "good") return verdict.principal;
    throw wrongClaim(verdict, parsed.claim, now);
  }

  #ask(principal: Principal, request: HttpRequest, { stage, path }: Goal): void {
    const { door } = this.#options;
    const resource = `${this.#arn()}/${stage}/${request.method}/${readable(path)}`;
    const userAgent = headerOf(request.headers, "user-agent");
    const referer = headerOf(request.headers, "referer");
    const refused = door.refusalOf({
      principal,
      action: "execute-api:Invoke",
      resource,
      context: {
        "aws:sourceip": request.client,
        ...(userAgent === undefined ? {} : { "aws:useragent": userAgent }),
        ...(referer === undefined ? {} : { "aws:referer": referer }),
      },
      resourcePolicy: this.#policy,
    });
    if (refused === null) return;
    const { accountId } = this.#options;
    const hidden = resource.replace(`:${accountId}:`, `:********${accountId.slice(-4)}:`);
    throw refusal("ACCESS_DENIED", refused.message.replace(resource, hidden));
  }

  #arn(): string {
    const { region, accountId, apiId } = this.#options;
    return `arn:aws:execute-api:${region}:${accountId}:${apiId}`;
  }

  /** Documented: `execute-api:/stage/VERB/path` is this API's. */
  #writtenOut(policy: string): string {
    const prefix = "execute-api:/";
    const names = new Set(["Resource", "NotResource"]);
    const whole = (text: unknown) =>
      typeof text === "string" && text.startsWith(prefix)
        ? `${this.#arn()}/${text.slice(prefix.length)}`
        : text;
    const document: unknown = JSON.parse(policy, (name, value) => {
      if (!names.has(name)) return value;
      return Array.isArray(value) ? value.map(whole) : whole(value);
    });
    return JSON.stringify(document);
  }
}

function checkPolicy(text: string): void {
  try {
    compiled(text, "resource", "resource policy");
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
    throw new RouteError(`x-amazon-apigateway-policy: ${error.message}`);
  }
}

function wireOf({ method, target, headers }: HttpRequest): WireRequest {
  const fields = new Map<string, string>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const before = fields.get(key);
    fields.set(key, before === undefined ? value : `${before},${value}`);
  }
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  return { method, path, query: mark < 0 ? "" : target.slice(mark + 1), headers: fields };
}

/**
 * Without its first slash, as people write it in policies, and without empty segments: routes and
 * backends take `/a//b/` for `/a/b`, and signatures say nothing about them.
 */
function readable(path: string): string {
  const segments = path.split("/").filter((segment) => segment !== "");
  if (!path.includes("%")) return segments.join("/");
  return segments.map((segment) => {
    const text = decodeUri(segment);
    return text === null ? segment : text.replaceAll("/", "%2F");
  }).join("/");
}
