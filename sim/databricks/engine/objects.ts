/**
 * Objects: a path of S3 -> the objects below it, and their bytes, as a reader with keys of its own
 * asks for them.
 *
 * A path is an object, a folder, or a pattern with `*`, `?` and `{a,b}`. Names that begin with
 * `_` or `.` are not data, and are passed over as Spark does.
 */
import { HttpClient } from "../../net/http_client.ts";
import { type Credentials, signatureHeaders } from "../../net/sigv4_sign.ts";
import type { World } from "../../world.ts";
import { SqlError } from "../errors.ts";

export interface ObjectStore {
  endpoint: string;
  region: string;
  /** With a session token, if they are temporary; what gives them is asked for each request. */
  credentials: Credentials | (() => Credentials);
}

export interface Listed {
  bucket: string;
  key: string;
  size: number;
  modifiedMs: number;
}

const answerMs = 30_000;
const bodyBytesMax = 256 << 20;
const none = new Uint8Array(0);

export class Objects implements Disposable {
  readonly #store: ObjectStore;
  readonly #world: World;
  readonly #client: HttpClient;
  readonly #host: string;

  constructor(store: ObjectStore, world: World) {
    this.#store = store;
    this.#world = world;
    const url = new URL(store.endpoint);
    this.#host = url.host;
    this.#client = new HttpClient(url.hostname, Number(url.port || 80));
  }

  /** @throws {SqlError} if there is nothing */
  async list(path: string): Promise<Listed[]> {
    const found = /^s3[an]?:\/\/([^/]+)\/?(.*)$/.exec(path);
    if (found === null) throw new SqlError("INVALID_PATH", `${path} is no s3://bucket/…`, "42K05");
    const [, bucket = "", pattern = ""] = found;
    const firstSign = pattern.search(/[*?{]/);
    const isGlob = firstSign >= 0;
    const prefix = isGlob ? pattern.slice(0, firstSign) : pattern;
    const matches = isGlob ? globOf(pattern) : folderOf(pattern);
    const listed: Listed[] = [];
    for await (const object of this.#below(bucket, prefix)) {
      const isData = !object.key.slice(prefix.lastIndexOf("/") + 1).split("/").some(isHidden);
      if (matches.test(object.key) && isData && !object.key.endsWith("/")) listed.push(object);
    }
    if (listed.length > 0) return listed;
    throw new SqlError("PATH_NOT_FOUND", `Path does not exist: ${path}`, "42K03");
  }

  async *#below(bucket: string, prefix: string): AsyncGenerator<Listed> {
    for (let token = "";;) {
      const query = [
        ...(token === "" ? [] : [`continuation-token=${encode(token)}`]),
        "list-type=2",
        `prefix=${encode(prefix)}`,
      ].join("&");
      const text = new TextDecoder().decode(await this.#get(`/${encode(bucket)}`, query));
      for (const [, entry = ""] of text.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
        yield {
          bucket,
          key: inside(entry, "Key"),
          size: Number(inside(entry, "Size")),
          modifiedMs: Date.parse(inside(entry, "LastModified")),
        };
      }
      token = inside(text, "NextContinuationToken");
      if (token === "") return;
    }
  }

  /** The bytes, unpacked where the name says that they are packed. */
  async read({ bucket, key }: Listed): Promise<Uint8Array> {
    const path = `/${encode(bucket)}/${key.split("/").map(encode).join("/")}`;
    const bytes = await this.#get(path, "");
    if (!key.endsWith(".gz")) return bytes;
    const unpacked = new Blob([new Uint8Array(bytes)]).stream()
      .pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(unpacked).arrayBuffer());
  }

  async #get(path: string, query: string): Promise<Uint8Array> {
    const request = { method: "GET", path, query, headers: [["Host", this.#host]], body: none };
    const headers = [["Host", this.#host] as const, ["X-Amz-Content-Sha256", emptyHash] as const];
    const { credentials } = this.#store;
    const signed = signatureHeaders({ ...request, headers }, {
      credentials: typeof credentials === "function" ? credentials() : credentials,
      region: this.#store.region,
      service: "s3",
      nowMs: this.#world.nowMs(),
    });
    const target = query === "" ? path : `${path}?${query}`;
    const response = await this.#client.send(
      { method: "GET", target, headers: [...headers, ...signed], body: none },
      { timeoutMs: answerMs, bodyBytesMax },
    );
    if (response.status === 200) return response.body;
    throw refused(response.status, new TextDecoder().decode(response.body), path);
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }
}

const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

function refused(status: number, body: string, path: string): SqlError {
  const code = inside(body, "Code");
  if (status === 404) {
    return new SqlError("PATH_NOT_FOUND", `Path does not exist: s3:/${path}`, "42K03");
  }
  const words = `Error while reading file s3:/${path}: ${status} ${code} ${
    inside(body, "Message")
  }`;
  return new SqlError("FAILED_READ_FILE.NO_HINT", words, "KD001");
}

function isHidden(name: string): boolean {
  return /^[_.]/.test(name);
}

/** A folder means all below it; an object only itself. */
function folderOf(path: string): RegExp {
  const plain = escaped(path.replace(/\/$/, ""));
  return plain === "" ? /^/ : new RegExp(`^${plain}(/|$)`);
}

/** A pattern that ends in a folder's name means all below that. */
function globOf(pattern: string): RegExp {
  const text = [...pattern].map((sign) => {
    if (sign === "*") return "[^/]*";
    if (sign === "?") return "[^/]";
    if (sign === "{") return "(?:";
    if (sign === "}") return ")";
    return sign === "," ? "|" : escaped(sign);
  }).join("");
  return new RegExp(`^${text}(/|$)`);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** As SigV4 wants it. */
function encode(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function inside(xml: string, tag: string): string {
  const text = new RegExp(`<${tag}>(.*?)</${tag}>`, "s").exec(xml)?.[1] ?? "";
  return text.replace(/&(lt|gt|quot|apos|amp|#x?[0-9a-fA-F]+);/g, (_, name: string) => {
    if (name.startsWith("#x")) return String.fromCodePoint(parseInt(name.slice(2), 16));
    if (name.startsWith("#")) return String.fromCodePoint(Number(name.slice(1)));
    return { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" }[name] ?? "";
  });
}
