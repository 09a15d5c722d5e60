/**
 * The port of S3: node's HTTP server around `answer`, which turns a request into a reply.
 *
 * node:http and not Deno.serve: it promises the raw request line, gives the socket that a lost
 * answer has to cut, waits with "100 Continue" until the body is wanted, and measured faster
 * with bodies of megabytes (PUT 8 MiB: 500 to 300 MiB/s).
 *
 * Source: RFC 9110 and RFC 9112; S3 API reference, "Common response headers".
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { parseQuery } from "../net/uri.ts";
import type { Service } from "../service.ts";
import { authenticate } from "./auth.ts";
import { errorXml, refusal, S3Error } from "./errors.ts";
import type { FileSlice, PayloadPlan, Reply, S3Context, S3Request } from "./http.ts";
import { httpDate } from "./metadata.ts";
import { chooseAction, locate } from "./route.ts";
import { isDiskFull } from "./store/disk.ts";

const sliceBytes = 262_144;
/** Longer than the SDKs keep an idle connection, so that the client closes and not we. */
const keepAliveMs = 120_000;

export async function serve(s3: S3Context, port: number): Promise<Service> {
  const running = new Set<Promise<void>>();
  const take = (incoming: IncomingMessage, outgoing: ServerResponse, expects: boolean) => {
    const work = respond(incoming, outgoing, s3, expects).catch((error) => {
      // Our bug: it ends this connection, not the simulator.
      console.error("sim/s3:", error);
      incoming.socket.destroy();
    }).finally(() => running.delete(work));
    running.add(work);
  };
  const server = createServer({ keepAliveTimeout: keepAliveMs, requestTimeout: 0 });
  server.on("request", (incoming, outgoing) => take(incoming, outgoing, false));
  server.on("checkContinue", (incoming, outgoing) => take(incoming, outgoing, true));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("No TCP address");
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await Promise.all([closed, ...running]);
    },
  };
}

async function respond(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  s3: S3Context,
  expects: boolean,
): Promise<void> {
  const id = s3.world.id("s3 request", 16).toUpperCase();
  let isBroken = false;
  // Without a listener a client that hangs up would be an error nobody catches.
  incoming.on("error", () => isBroken = true);
  outgoing.on("error", () => isBroken = true);
  const read = (take: (bytes: Uint8Array) => void) => {
    if (expects) outgoing.writeContinue();
    return readBody(incoming, take);
  };
  const reply = await answer(incoming, id, read, s3);
  if (isBroken || s3.faults.strikes("net.answer_lost")) {
    closeBody(reply);
    incoming.socket.destroy();
    return;
  }
  await send(outgoing, incoming.method ?? "", reply, id, s3);
  // What the client still sends is read and thrown away, so that it gets to our answer.
  if (!incoming.complete) incoming.resume();
}

/** The client closed the connection before its body was complete. */
class HangUp extends Error {
  override readonly name = "HangUp";
}

/**
 * Listens instead of iterating: a small body comes without waiting for its turn. Nothing can pile
 * up, because `take` is done when it returns.
 */
function readBody(incoming: IncomingMessage, take: (bytes: Uint8Array) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      incoming.off("data", onData).off("end", onEnd).off("error", hangUp).off("close", hangUp);
    };
    const fail = (error: unknown) => {
      leave();
      reject(error);
    };
    const onEnd = () => {
      leave();
      resolve();
    };
    const onData = (bytes: Uint8Array) => {
      try {
        take(bytes);
      } catch (error) {
        fail(error);
      }
    };
    const hangUp = () => fail(new HangUp());
    if (incoming.destroyed) return hangUp();
    incoming.on("data", onData).on("end", onEnd).on("error", hangUp).on("close", hangUp);
  });
}

/** Does the work; every refusal becomes a reply. */
async function answer(
  incoming: IncomingMessage,
  id: string,
  read: S3Request["read"],
  s3: S3Context,
): Promise<Reply> {
  const [path = "", ...queries] = (incoming.url ?? "").split("?");
  try {
    if (s3.faults.strikes("s3.slow_down")) throw refusal("SlowDown");
    const request = readRequest(incoming, path, queries.join("?"), id, read, s3);
    return await chooseAction(request)(request, s3);
  } catch (error) {
    const refused = refusalOf(error);
    return {
      status: refused.status,
      headers: refused.details.Region ? { "x-amz-bucket-region": refused.details.Region } : {},
      body: errorXml(refused, path, id, hostId(id)),
    };
  }
}

function readRequest(
  incoming: IncomingMessage,
  path: string,
  query: string,
  id: string,
  read: S3Request["read"],
  s3: S3Context,
): S3Request {
  const method = incoming.method ?? "";
  const headers = headersOf(incoming.rawHeaders);
  const pairs = parseQuery(query);
  if (pairs === null || !path.startsWith("/")) throw refusal("InvalidURI", { URI: path });
  const payload: PayloadPlan = authenticate({ method, path, query, headers }, s3);
  const { bucket, key } = locate(path, headers.get("host") ?? "");
  const parameters = new Map(pairs);
  return { id, method, path, query, headers, parameters, bucket, key, payload, read };
}

function headersOf(raw: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? "").toLowerCase();
    const before = headers.get(name);
    const value = (raw[at + 1] ?? "").trim();
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  return headers;
}

/** Our own bugs and the disk's troubles look to the client as S3's own would. */
function refusalOf(error: unknown): S3Error {
  if (error instanceof S3Error) return error;
  // A full disk and a client that left are expected; all else must not pass unseen.
  if (!isDiskFull(error) && !(error instanceof HangUp)) console.error("sim/s3:", error);
  return refusal("InternalError");
}

/** Assumed: the second id is opaque; clients only show it. */
function hostId(id: string): string {
  return new TextEncoder().encode(`${id}${id}${id}`).toBase64();
}

async function send(
  outgoing: ServerResponse,
  method: string,
  { status, headers = {}, body }: Reply,
  id: string,
  s3: S3Context,
): Promise<void> {
  const all: Record<string, string | number> = {
    "x-amz-id-2": hostId(id),
    "x-amz-request-id": id,
    Date: httpDate(s3.world.nowMs()),
    Server: "AmazonS3",
  };
  if (typeof body === "string") all["Content-Type"] = "application/xml";
  Object.assign(all, headers);
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  if (bytes === undefined || bytes instanceof Uint8Array) {
    if (method !== "HEAD" && status !== 204 && status !== 304) {
      all["Content-Length"] = bytes?.length ?? 0;
    }
    outgoing.writeHead(status, all);
    outgoing.end(method === "HEAD" ? undefined : bytes);
    return;
  }
  outgoing.writeHead(status, all);
  await sendSlice(outgoing, bytes);
}

/** Sends as fast as the client reads, never more than a piece ahead. */
async function sendSlice(
  outgoing: ServerResponse,
  { file, start, length }: FileSlice,
): Promise<void> {
  try {
    if (start > 0) await file.seek(start, Deno.SeekMode.Start);
    for (let left = length; left > 0;) {
      const piece = new Uint8Array(Math.min(sliceBytes, left));
      const count = await file.read(piece);
      // Cut short by hand meanwhile: a body shorter than announced is how the client learns.
      if (count === null || outgoing.destroyed) return void outgoing.destroy();
      left -= count;
      if (!outgoing.write(piece.subarray(0, count))) await drained(outgoing);
    }
    outgoing.end();
  } finally {
    file.close();
  }
}

/** Waits until more can be written, or nobody is left to write to. */
function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off("drain", done).off("close", done).off("error", done);
      resolve();
    };
    outgoing.on("drain", done).on("close", done).on("error", done);
    if (outgoing.destroyed) done();
  });
}

function closeBody({ body }: Reply): void {
  if (typeof body === "object" && "file" in body) body.file.close();
}
