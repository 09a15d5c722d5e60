/**
 * The simulated IAM and STS: HTTP requests -> entities and sessions of the account.
 *
 * What was answered with success survives the end of the process, and counts for the next request
 * of every service.
 *
 * Source: IAM API reference; STS API reference.
 * Left out of IAM: login profiles, MFA, certificates, SAML and OpenID providers, service-linked
 * roles, service-specific credentials, reports, Access Analyzer, organisations.
 * Left out of STS: AssumeRoleWithSAML, AssumeRoleWithWebIdentity, GetFederationToken, AssumeRoot,
 * DecodeAuthorizationMessage (nothing here encodes one).
 */
import type { Account } from "../iam/account/mod.ts";
import { type RequestNote, telling } from "../events.ts";
import { ServiceError } from "../errors.ts";
import { type HttpRequest, type HttpResponse, serveHttp } from "../net/http.ts";
import type { AwsPrincipal } from "../iam/principal.ts";
import type { Service, ServiceContext } from "../service.ts";
import { invalidToken } from "./errors.ts";
import { errorXml, type Handler, identity, type Interface } from "./handler.ts";

export interface IdentityOptions {
  /** 0: any free port. */
  port: number;
  /** Of the simulated account. */
  region: string;
  account: Account;
}

/**
 * Documented: of IAM wherever one is, and of the global address of STS. Observed (botocore 1.44):
 * where an address is set by AWS_ENDPOINT_URL_IAM, IAM is signed for one's own region.
 */
const globalRegion = "us-east-1";

/** More than the longest simulation with all its documents. */
const bodyBytesMax = 1024 * 1024;

/** Opens the port; it answers when this returns. */
// deno-lint-ignore require-await -- so that what throws here rejects
export async function startIam(ctx: ServiceContext, options: IdentityOptions): Promise<Service> {
  return serve(ctx, options, {
    service: "iam",
    version: "2010-05-08",
    regions: [globalRegion, options.region],
    admits: refuseUserSession,
  }, async () => (await import("./iam_actions.ts")).iamActions);
}

/** Opens the port; it answers when this returns. */
// deno-lint-ignore require-await -- so that what throws here rejects
export async function startSts(ctx: ServiceContext, options: IdentityOptions): Promise<Service> {
  return serve(ctx, options, {
    service: "sts",
    version: "2011-06-15",
    regions: [options.region, globalRegion],
    admits: () => {},
  }, async () => (await import("./sts_actions.ts")).stsActions);
}

/** Documented: credentials of GetSessionToken call nothing of IAM without MFA. */
function refuseUserSession({ session }: AwsPrincipal): void {
  if (session !== null && session.name === null) throw invalidToken();
}

/** Its actions are loaded with the first request: most runs ask IAM for nothing. */
function serve(
  ctx: ServiceContext,
  { port, account }: IdentityOptions,
  of: Omit<Interface, "actions">,
  load: () => Promise<Interface["actions"]>,
): Service {
  let handler: Promise<Handler> | null = null;
  const open = async () => identity({ ...of, actions: await load() }, account, ctx.world);
  const answerTo = async (request: HttpRequest, note: RequestNote | null) =>
    answer(request, await (handler ??= open()), note);
  const namespace = `https://${of.service}.amazonaws.com/doc/${of.version}/`;
  return serveHttp(telling(ctx.events, of.service, answerTo), {
    port,
    bodyBytesMax,
    losesAnswer: () => ctx.faults.strikes("net.answer_lost"),
    refusal: (message) => {
      const refused = new ServiceError("AccessDenied", message, 403);
      return toHttp({ status: 403, headers: [], body: errorXml(refused, namespace, "") });
    },
  });
}

function answer(
  { method, target, headers, body }: HttpRequest,
  handler: Handler,
  note: RequestNote | null,
): HttpResponse {
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? "" : target.slice(mark + 1);
  const fields = new Map<string, string>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const before = fields.get(key);
    fields.set(key, before === undefined || key === "host" ? value : `${before},${value}`);
  }
  return toHttp(handler({ method, path, query, headers: fields, body }, note));
}

const utf8 = new TextEncoder();

function toHttp(response: ReturnType<Handler>): HttpResponse {
  return { ...response, body: utf8.encode(response.body) };
}
