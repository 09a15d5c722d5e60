/**
 * The port of S3: the HTTP server around `answer`, which turns a request into a reply.
 *
 * Source: RFC 9110 and RFC 9112; S3 API reference, "Common response headers".
 */
import { type Events, type RequestNote, telling } from "../events.ts";
import { type HttpAnswer, type HttpCall, type HttpPieces, serveCalls } from "../net/http_calls.ts";
import type { HeaderField } from "../net/http_wire.ts";
import { parseQuery } from "../net/uri.ts";
import type { Service } from "../service.ts";
import { mustAllow } from "./access.ts";
import { authenticate } from "./auth.ts";
import { errorXml, refusal, S3Error } from "./errors.ts";
import { withHoisted } from "./hoisted.ts";
import type { FileSlice, Reply, S3Context, S3Request } from "./http.ts";
import { httpDate } from "./metadata.ts";
import { chooseAction, locate } from "./route.ts";
import { isDiskFull, tellIfFull } from "../storage/disk_full.ts";
import type { StoredObject } from "./store/objects.ts";

const sliceBytes = 262_144;
const none = new Uint8Array(0);

export function serve(s3: S3Context, port: number, events?: Events): Service {
  const handle = async (call: HttpCall, note: RequestNote | null) => {
    try {
      return await respond(call, s3, note);
    } catch (error) {
      // Our bug: it ends this connection, not the simulator.
      console.error("sim/s3:", error);
      return null;
    }
  };
  return serveCalls(telling(events, "s3", handle), {
    port,
    hosts: "buckets",
    refusal: (reason) => refusalToStranger(reason, s3),
  });
}

/** Whoever calls by a foreign name, or from a foreign page. */
function refusalToStranger(reason: string, s3: S3Context): HttpAnswer {
  const id = s3.world.id("s3 request", 16).toUpperCase();
  const body = errorXml(refusal("AccessDenied", {}, reason), "/", id, hostId(id));
  return toHttp({ status: 403, body }, id, s3);
}

async function respond(
  call: HttpCall,
  s3: S3Context,
  note: RequestNote | null,
): Promise<HttpAnswer | null> {
  const id = s3.world.id("s3 request", 16).toUpperCase();
  const reply = await answer(call, id, s3, note);
  if (call.failure === null && !s3.faults.strikes("net.answer_lost")) return toHttp(reply, id, s3);
  closeBody(reply);
  return null;
}

/** The client closed the connection before its body was complete. */
class HangUp extends Error {
  override readonly name = "HangUp";
}

async function readBody(call: HttpCall, take: (bytes: Uint8Array) => void): Promise<void> {
  try {
    await call.read(take);
  } catch (error) {
    throw call.failure === null ? error : new HangUp();
  }
}

/** Does the work; every refusal becomes a reply. */
async function answer(
  call: HttpCall,
  id: string,
  s3: S3Context,
  note: RequestNote | null,
): Promise<Reply> {
  const [path = "", ...queries] = call.target.split("?");
  try {
    if (s3.faults.strikes("s3.slow_down")) throw refusal("SlowDown");
    const request = readRequest(call, path, queries.join("?"), id, s3);
    const action = chooseAction(request);
    note?.asks(request.principal, action.name, resourceOf(request));
    for (const need of action.needs(request, s3)) mustAllow(request, s3, need);
    return await action.run(request, s3);
  } catch (error) {
    const refused = refusalOf(error);
    note?.refused(refused.code);
    return {
      status: refused.status,
      headers: refused.details.Region ? { "x-amz-bucket-region": refused.details.Region } : {},
      body: errorXml(refused, path, id, hostId(id)),
    };
  }
}

function resourceOf({ bucket, key }: S3Request): string {
  return key === "" ? bucket : `${bucket}/${key}`;
}

function readRequest(
  call: HttpCall,
  path: string,
  query: string,
  id: string,
  s3: S3Context,
): S3Request {
  const { method } = call;
  const sent = headersOf(call.headers);
  const pairs = parseQuery(query);
  if (pairs === null || !path.startsWith("/")) throw refusal("InvalidURI", { URI: path });
  const signed = authenticate({ method, path, query, headers: sent }, s3);
  const { bucket, key } = locate(path, sent.get("host") ?? "");
  const parameters = new Map(pairs);
  const headers = withHoisted(sent, parameters);
  const read: S3Request["read"] = (take) => readBody(call, take);
  const wire = { id, method, path, query, headers, parameters };
  return { ...wire, ...signed, bucket, key, read, find: finder() };
}

function finder(): S3Request["find"] {
  let found: { bucket: string; key: string; object: StoredObject | null } | null = null;
  return (objects, bucket, key) => {
    const isSame = found?.bucket === bucket && found.key === key;
    const object = isSame && found !== null ? found.object : objects.find(bucket, key);
    // Used up: what is asked for later may have changed.
    found = isSame ? null : { bucket, key, object };
    return object;
  };
}

function headersOf(fields: readonly HeaderField[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [field, value] of fields) {
    const name = field.toLowerCase();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  return headers;
}

/** Our own bugs and the disk's troubles look to the client as S3's own would. */
function refusalOf(error: unknown): S3Error {
  if (error instanceof S3Error) return error;
  // A full disk and a client that left are expected; all else must not pass unseen.
  tellIfFull("an object", error);
  if (!isDiskFull(error) && !(error instanceof HangUp)) console.error("sim/s3:", error);
  return refusal("InternalError");
}

/** Assumed: the second id is opaque; clients only show it. */
function hostId(id: string): string {
  return new TextEncoder().encode(`${id}${id}${id}`).toBase64();
}

function toHttp(
  { status, headers = {}, body = none }: Reply,
  id: string,
  s3: S3Context,
): HttpAnswer {
  const all: Record<string, string> = {
    "x-amz-id-2": hostId(id),
    "x-amz-request-id": id,
    Date: httpDate(s3.world.nowMs()),
    Server: "AmazonS3",
  };
  if (typeof body === "string") all["Content-Type"] = "application/xml";
  return {
    status,
    headers: Object.entries(Object.assign(all, headers)),
    body: typeof body === "string"
      ? new TextEncoder().encode(body)
      : body instanceof Uint8Array
      ? body
      : piecesOf(body),
  };
}

function piecesOf({ file, start, length }: FileSlice): HttpPieces {
  return { length, read: () => readSlice({ file, start, length }), cancel: () => file.close() };
}

/** Ends early where the file was cut short by hand meanwhile. */
async function* readSlice({ file, start, length }: FileSlice): AsyncGenerator<Uint8Array> {
  using _closing = file;
  if (start > 0) await file.seek(start, Deno.SeekMode.Start);
  const piece = new Uint8Array(Math.min(sliceBytes, length));
  for (let left = length; left > 0;) {
    const count = await file.read(left < piece.length ? piece.subarray(0, left) : piece);
    if (count === null) return;
    left -= count;
    yield piece.subarray(0, count);
  }
}

function closeBody({ body }: Reply): void {
  if (typeof body === "object" && "file" in body) body.file.close();
}
