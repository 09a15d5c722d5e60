/**
 * Handler: a request in the Query protocol -> an answer in XML; a function, not a server.
 *
 * The order is signature, action, what the request may hold, the door, the work: whoever has proved
 * nothing is told of nothing but that, and whoever may not is told of no entity whether it is there.
 *
 * Source: IAM and STS API references, "Making query requests".
 */
import { ServiceError } from "../errors.ts";
import type { RequestNote } from "../events.ts";
import type { Account } from "../iam/account/mod.ts";
import { anonymous, type AwsPrincipal } from "../iam/principal.ts";
import type { WireRequest } from "../net/sigv4.ts";
import { StorageError } from "../storage/append_file.ts";
import type { World } from "../world.ts";
import type { Action, Asking } from "./action.ts";
import { authenticate, type Signers } from "./auth.ts";
import { accessDenied, invalid } from "./errors.ts";
import { type Parameter, parseParameters, textOf } from "./query.ts";
import { type Answer, element, fields } from "./xml.ts";

export interface IdentityRequest extends WireRequest {
  /** Null: it was longer than allowed. */
  body: Uint8Array | null;
}

export interface IdentityResponse {
  status: number;
  headers: [string, string][];
  body: string;
}

export type Handler = (request: IdentityRequest, note?: RequestNote | null) => IdentityResponse;

export interface Interface {
  service: "iam" | "sts";
  /** E.g. `2010-05-08`. */
  version: string;
  /** That a signature may name. */
  regions: readonly [string, ...string[]];
  /** By name. */
  actions: ReadonlyMap<string, Action>;
  /** @throws {ServiceError} for whom this service is not there at all */
  admits(principal: AwsPrincipal): void;
}

export function identity(of: Interface, account: Account, world: World): Handler {
  const namespace = `https://${of.service}.amazonaws.com/doc/${of.version}/`;
  const signers: Signers = {
    service: of.service,
    regions: of.regions,
    nowMs: () => account.nowMs(),
    keyOf: account.keyOf,
  };
  return (request, note = null) => {
    const requestId = newRequestId(world, of.service);
    const headers: [string, string][] = [
      ["x-amzn-RequestId", requestId],
      ["Date", new Date(account.nowMs()).toUTCString()],
      ["Content-Type", "text/xml"],
    ];
    try {
      const { name, answer } = perform(request, of, { account, signers, note });
      const result = answer === null ? "" : element(`${name}Result`, answer);
      const metadata = element("ResponseMetadata", { RequestId: requestId });
      const root = `${name}Response`;
      const body = `<${root} xmlns="${namespace}">${result}${metadata}</${root}>\n`;
      return { status: 200, headers, body };
    } catch (error) {
      const refused = refusalOf(error, of.service);
      note?.refused(refused.code);
      return { status: refused.status, headers, body: errorXml(refused, namespace, requestId) };
    }
  };
}

export function errorXml(
  { code, message, status }: ServiceError,
  namespace: string,
  requestId: string,
): string {
  const error = { Type: status < 500 ? "Sender" : "Receiver", Code: code, Message: message };
  const content = fields({ Error: error, RequestId: requestId });
  return `<ErrorResponse xmlns="${namespace}">${content}</ErrorResponse>\n`;
}

function newRequestId(world: World, service: string): string {
  return world.id(`${service} request`, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

interface Performing {
  account: Account;
  signers: Signers;
  note: RequestNote | null;
}

function perform(
  request: IdentityRequest,
  { service, version, actions, admits }: Interface,
  { account, signers, note }: Performing,
): { name: string; answer: Answer | null } {
  const parameters = parametersOf(request);
  const name = textOf(parameters, "Action");
  note?.asks(anonymous, name ?? "");
  const principal = authenticate(request, request.body ?? none, signers);
  note?.asks(principal, name ?? "");
  if (name === null) {
    throw new ServiceError("MissingAction", "The request must contain the parameter Action");
  }
  const action = actions.get(name);
  const given = textOf(parameters, "Version");
  if (action === undefined || given !== version) {
    const message = `Could not find operation ${name} for version ${
      given ?? "NO_VERSION_SPECIFIED"
    }`;
    throw new ServiceError("InvalidAction", message);
  }
  admits(principal);
  const { asks, run } = action(parameters, { account, principal });
  if (asks[0] !== undefined) note?.asks(principal, name, asks[0].resource);
  for (const asking of asks) mustBeAllowed(asking, `${service}:${name}`, principal, account);
  return { name, answer: run() ?? null };
}

const none = new Uint8Array(0);
const utf8 = new TextDecoder();

/** Those of the query, then those of a form. */
function parametersOf({ method, query, headers, body }: IdentityRequest): Parameter {
  if (body === null) throw new ServiceError("RequestEntityTooLarge", "Request is too long", 413);
  if (method !== "POST" && method !== "GET") {
    throw new ServiceError("InvalidAction", `${method} is no method of this service`, 405);
  }
  const isForm = (headers.get("content-type") ?? "").startsWith(
    "application/x-www-form-urlencoded",
  );
  const form = method === "POST" && isForm ? utf8.decode(body) : "";
  const parameters = parseParameters(
    query === "" || form === "" ? query + form : `${query}&${form}`,
  );
  if (parameters === null) throw invalid("The request is not a valid form");
  return parameters;
}

function mustBeAllowed(
  { action, resource, context, trust }: Asking,
  own: string,
  principal: AwsPrincipal,
  account: Account,
): void {
  const asked = { principal, action: action ?? own, resource, context };
  const refusal = account.refusalOf({
    ...asked,
    resourcePolicy: trust ?? null,
    resourceMustAllow: trust !== undefined,
  });
  if (refusal !== null) throw accessDenied(refusal.message);
}

/** Our own bugs are not AWS's. */
function refusalOf(error: unknown, service: string): ServiceError {
  if (error instanceof ServiceError) return error;
  if (!(error instanceof StorageError)) throw error;
  const message = "The request processing has failed because of an unknown error, exception or " +
    "failure.";
  return new ServiceError(service === "iam" ? "ServiceFailure" : "InternalFailure", message, 500);
}
