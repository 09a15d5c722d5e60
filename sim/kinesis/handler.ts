/**
 * Handler: a request -> an answer, in JSON or CBOR as the request came; a function, not a server.
 *
 * Observed (mhart/kinesalite): the checks come in the order method and content type, body, target,
 * signature, shape; ours asks whether the signer may between the last two (see access.ts). An action in the query (`POST /?Action=PutRecord`, as API Gateway calls) counts
 * before one in X-Amz-Target, and is JSON whatever the content type.
 *
 * Source: AWS JSON 1.1 protocol.
 * Left out: `application/json`, CORS, consumers and SubscribeToShard, encryption, enhanced
 * monitoring, channels, warm throughput: UnknownOperationException.
 */
import { ServiceError } from "../errors.ts";
import type { RequestNote } from "../events.ts";
import type { Door } from "../iam/door.ts";
import { anonymous } from "../iam/principal.ts";
import { CborWriter, decodeCbor, encodeCbor } from "../net/cbor.ts";
import type { WireRequest } from "../net/sigv4.ts";
import { StorageError } from "../storage/append_file.ts";
import type { World } from "../world.ts";
import { type Body, mustAllow } from "./access.ts";
import { actions } from "./actions.ts";
import { authenticate, type Signers } from "./auth.ts";
import { type Answer, isRendered, type KinesisContext } from "./context.ts";
import { internalFailure, internalFailureText } from "./errors.ts";
import { ActionRates } from "./rates.ts";

export interface KinesisRequest extends WireRequest {
  body: Uint8Array;
}

export interface KinesisResponse {
  status: number;
  headers: [string, string][];
  body: string | Uint8Array<ArrayBuffer>;
}

export type Handler = (request: KinesisRequest, note?: RequestNote | null) => KinesisResponse;

type Format = "application/x-amz-json-1.1" | "application/x-amz-cbor-1.1";

export function kinesis(
  ctx: KinesisContext,
  door: Door,
  ids: () => [string, string][],
): Handler {
  const rates = new ActionRates();
  const signers = { region: ctx.region, nowMs: ctx.nowMs, keyOf: door.keyOf };
  return (request, note = null) => {
    const headers: [string, string][] = [...ids(), ["Date", new Date(ctx.nowMs()).toUTCString()]];
    const format = formatOf(request);
    if (request.method !== "POST" || format === null) return notOurs(request, headers);
    try {
      const answer = perform(request, format, { ctx, door, rates, signers, note });
      return reply(200, answer, format, headers);
    } catch (error) {
      const { status, code, message } = refusal(error);
      note?.refused(code);
      return reply(status, refusalBody(code, message), format, headers);
    }
  };
}

/** A request id, different for each, and the id of a host; the same in each run of a seed. */
export function requestIds(world: World): () => [string, string][] {
  const prefix = world.id("kinesis requests", 20);
  const second = btoa(world.id("kinesis hosts", 54));
  let count = 0;
  return () => {
    const digits = prefix + (++count).toString(16).padStart(12, "0");
    const id = [0, 8, 12, 16, 20].map((at, index, all) => digits.slice(at, all[index + 1]));
    return [["x-amzn-RequestId", id.join("-")], ["x-amz-id-2", second]];
  };
}

function formatOf(request: KinesisRequest): Format | null {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]!.trim();
  const isOurs = type === "application/x-amz-json-1.1" || type === "application/x-amz-cbor-1.1";
  if (isOurs) return type;
  return actionInQuery(request) === null ? null : "application/x-amz-json-1.1";
}

function actionInQuery({ query }: KinesisRequest): string | null {
  return query === "" ? null : new URLSearchParams(query).get("Action");
}

/** Observed: not in JSON, because nothing says that the client would understand it. */
function notOurs({ method, headers: given }: KinesisRequest, headers: [string, string][]) {
  const isNamed = method === "POST" && (given.get("x-amz-target") ?? "").includes(".");
  if (isNamed) return { status: 404, headers, body: "<UnknownOperationException/>\n" };
  const body = "<AccessDeniedException>\n  <Message>Unable to determine service/operation name " +
    "to be authorized</Message>\n</AccessDeniedException>\n";
  return { status: 403, headers, body };
}

interface Performing {
  ctx: KinesisContext;
  door: Door;
  rates: ActionRates;
  signers: Signers;
  note: RequestNote | null;
}

function perform(
  request: KinesisRequest,
  format: Format,
  { ctx, door, rates, signers, note }: Performing,
): Answer {
  const body = bodyOf(request, format);
  const name = actionNameOf(request);
  const action = actions.get(name);
  if (action === undefined) throw new ServiceError("UnknownOperationException", "");
  if (body === null) throw new ServiceError("SerializationException", "");
  note?.asks(anonymous, name, streamOf(body));
  const principal = authenticate(request, request.body, signers);
  note?.asks(principal, name, streamOf(body));
  mustAllow(principal, action.permission, action.access(body, ctx), { ctx, door });
  return action.run(body, ctx, rates);
}

/** Empty if it names none of Kinesis. */
function actionNameOf(request: KinesisRequest): string {
  const named = actionInQuery(request);
  if (named !== null) return named;
  const target = request.headers.get("x-amz-target") ?? "";
  const prefix = "Kinesis_20131202.";
  return target.startsWith(prefix) ? target.slice(prefix.length) : "";
}

/** Which stream a body names, before anybody has looked whether it may. */
function streamOf(body: Body): string {
  const names = [body.StreamName, body.StreamARN, body.ResourceARN];
  return names.find((name) => typeof name === "string") ?? "";
}

/** Null if there is nothing in it. */
function bodyOf({ body }: KinesisRequest, format: Format): Body | null {
  if (body.length === 0) return null;
  const value = decoded(body, format);
  if (typeof value === "object" && value !== null) return value as Body;
  throw new ServiceError("SerializationException", "");
}

const utf8 = new TextDecoder();

function decoded(body: Uint8Array, format: Format): unknown {
  try {
    if (format === "application/x-amz-cbor-1.1") return decodeCbor(body);
    return JSON.parse(utf8.decode(body));
  } catch {
    throw new ServiceError("SerializationException", "");
  }
}

/** Observed (mhart/kinesalite): this code alone writes its message with a capital. */
function refusalBody(code: string, message: string): Record<string, string> {
  if (message === "") return { __type: code };
  const name = code === "AccessDeniedException" ? "Message" : "message";
  return { __type: code, [name]: message };
}

/** Our own bugs are not AWS's. */
function refusal(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  if (!(error instanceof StorageError)) throw error;
  return new ServiceError(internalFailure, internalFailureText, 500);
}

function reply(
  status: number,
  answer: Answer,
  format: Format,
  headers: [string, string][],
): KinesisResponse {
  const body = answer === undefined ? "" : encoded(answer, format);
  return { status, headers: [...headers, ["Content-Type", format]], body };
}

function encoded(answer: NonNullable<Answer>, format: Format): string | Uint8Array<ArrayBuffer> {
  if (format === "application/x-amz-json-1.1") {
    return isRendered(answer) ? answer.json() : JSON.stringify(answer, seconds);
  }
  if (!isRendered(answer)) return encodeCbor(answer);
  const writer = new CborWriter();
  answer.cbor(writer);
  return writer.finish();
}

/** Times in JSON are seconds; JSON.stringify has made texts of them by the time it asks. */
function seconds(this: Record<string, unknown>, name: string, value: unknown): unknown {
  const original = this[name];
  return original instanceof Date ? original.getTime() / 1000 : value;
}
