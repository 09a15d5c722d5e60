/** A simulated S3 for tests, in a folder of its own that goes with it, and requests signed by the library. */
import { createHash } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Events } from "../../../sim/events.ts";
import { type Faults, noFaults } from "../../../sim/faults/plan.ts";
import type { Door } from "../../../sim/iam/door.ts";
import { startS3 } from "../../../sim/s3/mod.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { Sha256 } from "../net/sha256.ts";
import { testDoor } from "../keys.ts";

export const bucket = "test-bucket";
export const region = "us-east-1";
export const credentials = { accessKeyId: "AKIDTEST", secretAccessKey: "test/secret" };

export interface TestS3 extends AsyncDisposable {
  port: number;
  endpoint: string;
  /** Where the simulator keeps its files. */
  dir: string;
  /** Stops it and starts it again on the same files. */
  restart(): Promise<void>;
}

export interface TestOptions {
  faults?: Faults;
  nowMs?: () => number;
  region?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
  /** In place of one that lets `credentials` do everything. */
  door?: Door;
  events?: Events;
  /** Where its files are to be; default a folder of its own. */
  dir?: string;
}

export async function startTestS3(options: TestOptions = {}): Promise<TestS3> {
  const dir = options.dir ?? Deno.makeTempDirSync();
  const start = () =>
    startS3(
      {
        world: worldFromSeed(1, options.nowMs),
        faults: options.faults ?? noFaults,
        dir,
        events: options.events,
      },
      {
        region: options.region ?? region,
        door: options.door ?? testDoor(options.credentials ?? credentials),
        buckets: [bucket],
      },
    );
  let server = await start();
  return {
    get port() {
      return server.port;
    },
    get endpoint() {
      return `http://127.0.0.1:${server.port}`;
    },
    dir,
    async restart() {
      await server[Symbol.asyncDispose]();
      server = await start();
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      Deno.removeSync(dir, { recursive: true });
    },
  };
}

export interface RawRequest {
  method: string;
  /** As it goes over the wire. */
  path: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Uint8Array | string;
  /** In place of the port's own. */
  host?: string;
  /** Who signs: default the credentials of this test; null: nobody. */
  signer?: typeof credentials & { sessionToken?: string } | null;
  region?: string;
  date?: Date;
  /** Sent but not signed. */
  unsigned?: Record<string, string>;
}

export interface RawReply {
  status: number;
  headers: Map<string, string>;
  body: Uint8Array;
  text: string;
}

/** Signs a request with the library and sends it byte for byte as described: no URL tidied up. */
export async function send(port: number, request: RawRequest): Promise<RawReply> {
  return await exchange(port, await compose(port, request), request.method);
}

/** The query of a presigned URL, as the library makes it: what is given stands in it, signed. */
export async function presign(
  port: number,
  { method, path, query = {}, host }: Pick<RawRequest, "method" | "path" | "query" | "host">,
): Promise<Record<string, string>> {
  const signature = new SignatureV4({
    credentials,
    region,
    service: "s3",
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const headers = { host: host ?? `127.0.0.1:${port}`, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
  const signed = await signature.presign(
    { method, protocol: "http:", hostname: "127.0.0.1", path, query, headers },
    { expiresIn: 60, unhoistableHeaders: new Set() },
  );
  return signed.query as Record<string, string>;
}

/** The bytes of a request. */
export async function compose(port: number, request: RawRequest): Promise<Uint8Array> {
  const { method, path, query = {}, signer = credentials } = request;
  const body = typeof request.body === "string"
    ? new TextEncoder().encode(request.body)
    : request.body ?? new Uint8Array(0);
  let headers: Record<string, string> = {
    host: request.host ?? `127.0.0.1:${port}`,
    "content-length": String(body.length),
    ...query["X-Amz-Signature"] === undefined ? sha256Header(body) : {},
    ...request.headers,
  };
  if (signer !== null) {
    const signature = new SignatureV4({
      credentials: signer,
      region: request.region ?? region,
      service: "s3",
      sha256: Sha256,
      uriEscapePath: false,
      applyChecksum: false,
    });
    const signed = await signature.sign(
      { method, protocol: "http:", hostname: "127.0.0.1", path, query, headers },
      { signingDate: request.date ?? new Date() },
    );
    headers = signed.headers;
  }
  const raw = Object.entries(query)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&");
  const lines = Object.entries({ ...headers, ...request.unsigned })
    .map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const target = raw === "" ? path : `${path}?${raw}`;
  const head = new TextEncoder().encode(
    `${method} ${target} HTTP/1.1\r\n${lines}connection: close\r\n\r\n`,
  );
  return joined([head, body]);
}

function sha256Header(body: Uint8Array): Record<string, string> {
  return { "x-amz-content-sha256": createHash("sha256").update(body).digest("hex") };
}

/** Sends bytes and reads the answer until the server closes. */
export async function exchange(port: number, bytes: Uint8Array, method = "GET"): Promise<RawReply> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
  return parseReply(await readAll(conn), method);
}

export async function readAll(conn: Deno.Conn): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const piece = new Uint8Array(65_536);
  for (;;) {
    const count = await conn.read(piece);
    if (count === null) return joined(pieces);
    pieces.push(piece.slice(0, count));
  }
}

function parseReply(bytes: Uint8Array, method: string): RawReply {
  const latin1 = new TextDecoder("latin1").decode(bytes);
  const end = latin1.indexOf("\r\n\r\n");
  const [first = "", ...lines] = latin1.slice(0, end).split("\r\n");
  if (first.startsWith("HTTP/1.1 100")) return parseReply(bytes.slice(end + 4), method);
  const headers = new Map(lines.map((line) => {
    const at = line.indexOf(":");
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
  }));
  const body = method === "HEAD" ? new Uint8Array(0) : bytes.slice(end + 4);
  const text = new TextDecoder().decode(body);
  return { status: Number(first.split(" ")[1]), headers, body, text };
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** The text of the first element of this name. */
export function tag(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}
