/**
 * The body of a request -> a temporary file, or a document in memory, all checked.
 *
 * Everything a client said about the body beforehand is held against what came: length, payload
 * hash, Content-MD5, checksum in a header or a trailer. What fails leaves nothing behind.
 *
 * Source: S3 API reference, PutObject; S3 user guide, "Checking object integrity".
 */
import { createHash, type Hash } from "node:crypto";
import { AwsChunkedDecoder } from "./aws_chunked.ts";
import {
  base64,
  checksumHeader,
  type ChecksumName,
  checksumNamed,
  checksumNames,
  decodedSize,
  isChecksum,
  type Running,
  startChecksum,
} from "./checksums.ts";
import { refusal } from "./errors.ts";
import type { S3Request } from "./http.ts";
import type { Disk, TemporaryFile } from "./store/disk.ts";
import { joined } from "../net/joined.ts";

/** Up to here a body is kept in memory. */
const memoryBytesMax = 1_048_576;
const documentBytesMax = 4_194_304;
/** Documented: one PUT takes 5 GiB at most. */
export const putBytesMax = 5 * 1024 ** 3;

export interface Received {
  /** A temporary file, which is the caller's. */
  path: string;
  /** Hex. */
  md5: string;
  checksum: { name: ChecksumName; value: string } | null;
}

type Summed = Omit<Received, "path">;

/** What the headers promise about the body. */
interface Promised {
  size: number;
  md5: string | null;
  checksum: { name: ChecksumName; value: string | null; inTrailer: boolean } | null;
}

/**
 * Reads the body of an object or a part.
 * @param wanted checksum to compute if the client brings none
 */
export async function receive(
  request: S3Request,
  disk: Disk,
  wanted: ChecksumName | null = null,
): Promise<Received> {
  const promised = readPromises(request, wanted);
  if (promised.size > putBytesMax) {
    throw refusal("EntityTooLarge", { ProposedSize: String(promised.size) });
  }
  using collector = new Collector(disk, promised.size);
  const summed = await collect(request, promised, collector);
  return { path: collector.keepFile() ?? disk.write(collector.bytes()), ...summed };
}

/** Reads a body that is a document: small, and kept in memory. */
export async function receiveDocument(request: S3Request): Promise<Uint8Array> {
  const promised = readPromises(request, null);
  if (promised.size > documentBytesMax) throw refusal("MalformedXML");
  using collector = new Collector(null, promised.size);
  await collect(request, promised, collector);
  return collector.bytes();
}

async function collect(
  request: S3Request,
  promised: Promised,
  collector: Collector,
): Promise<Summed> {
  const { isChunked, signatures, sha256 } = request.payload;
  const sums = new Sums(sha256 !== null, promised.checksum?.name ?? null);
  const take = (bytes: Uint8Array) => {
    collector.write(bytes);
    sums.update(bytes);
  };
  const decoder = isChunked ? new AwsChunkedDecoder(take, signatures) : null;
  await request.read(decoder === null ? take : (bytes) => decoder.push(bytes));
  const trailers = decoder?.end() ?? new Map<string, string>();
  if (collector.size !== promised.size) throw refusal("IncompleteBody");
  const checksum = sums.check(promised, sha256, trailers);
  return { md5: sums.md5, checksum };
}

function readPromises(
  { headers, payload, method }: S3Request,
  wanted: ChecksumName | null,
): Promised {
  const length = payload.isChunked
    ? headers.get("x-amz-decoded-content-length")
    : headers.get("content-length") ?? (method === "POST" ? undefined : lengthOfNothing(headers));
  if (length === undefined || !/^[0-9]{1,15}$/.test(length)) throw refusal("MissingContentLength");
  const md5 = headers.get("content-md5") ?? null;
  if (md5 !== null && decodedSize(md5) !== 16) {
    throw refusal("InvalidDigest", { "Content-MD5": md5 });
  }
  return { size: Number(length), md5, checksum: promisedChecksum(headers, wanted) };
}

/** Observed with clients: a PUT without a body may come without Content-Length. */
function lengthOfNothing(headers: ReadonlyMap<string, string>): string | undefined {
  if (!headers.has("transfer-encoding")) return "0";
  // Documented: S3 takes no chunked transfer encoding of HTTP's own without its aws-chunked.
  throw refusal("NotImplemented", { Header: "Transfer-Encoding" });
}

function promisedChecksum(
  headers: ReadonlyMap<string, string>,
  wanted: ChecksumName | null,
): Promised["checksum"] {
  const given = checksumNames.filter((name) => headers.has(checksumHeader(name)));
  const trailing = (headers.get("x-amz-trailer") ?? "").split(",")
    .map((name) => checksumNamed(name.trim().replace(/^x-amz-checksum-/i, "")))
    .filter((name) => name !== null);
  if (given.length + trailing.length > 1) {
    const text =
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.";
    throw refusal("InvalidRequest", {}, text);
  }
  const [inHeader, inTrailer] = [given[0], trailing[0]];
  if (inTrailer !== undefined) return { name: inTrailer, value: null, inTrailer: true };
  if (inHeader === undefined) {
    return wanted === null ? null : { name: wanted, value: null, inTrailer: false };
  }
  const value = headers.get(checksumHeader(inHeader)) ?? "";
  mustBeChecksum(inHeader, value);
  return { name: inHeader, value, inTrailer: false };
}

function mustBeChecksum(name: ChecksumName, value: string): void {
  if (isChecksum(name, value)) return;
  throw refusal("InvalidRequest", {}, `Value for ${checksumHeader(name)} header is invalid.`);
}

/** Bytes as they come: in memory, and in a file once they are many. */
class Collector implements Disposable {
  size = 0;
  readonly #pieces: Uint8Array[] = [];
  readonly #sizePromised: number;
  #file: TemporaryFile | null = null;

  constructor(disk: Disk | null, sizePromised: number) {
    this.#sizePromised = sizePromised;
    if (disk !== null && sizePromised > memoryBytesMax) this.#file = disk.create();
  }

  /** @throws {S3Error} IncompleteBody as soon as there is more than was promised */
  write(bytes: Uint8Array): void {
    this.size += bytes.length;
    if (this.size > this.#sizePromised) throw refusal("IncompleteBody");
    if (this.#file !== null) this.#file.write(bytes);
    else this.#pieces.push(bytes);
  }

  /** The file, if there is one: from now on it stays. */
  keepFile(): string | null {
    return this.#file?.keep() ?? null;
  }

  /** What is in memory. */
  bytes(): Uint8Array {
    const [only] = this.#pieces;
    return only !== undefined && this.#pieces.length === 1 ? only : joined(this.#pieces, this.size);
  }

  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]();
  }
}

/** All that is summed up over a body at once. */
class Sums {
  readonly #md5: Hash = createHash("md5");
  readonly #sha256: Hash | null;
  readonly #checksum: Running | null;
  /** Hex, once checked. */
  md5 = "";

  constructor(hasSha256: boolean, checksum: ChecksumName | null) {
    this.#sha256 = hasSha256 ? createHash("sha256") : null;
    this.#checksum = checksum === null ? null : startChecksum(checksum);
  }

  update(bytes: Uint8Array): void {
    this.#md5.update(bytes);
    this.#sha256?.update(bytes);
    this.#checksum?.update(bytes);
  }

  check(
    promised: Promised,
    sha256: string | null,
    trailers: ReadonlyMap<string, string>,
  ): Received["checksum"] {
    const computed = this.#sha256?.digest("hex") ?? null;
    if (computed !== null && computed !== sha256) {
      const details = {
        ClientComputedContentSHA256: sha256 ?? "",
        S3ComputedContentSHA256: computed,
      };
      throw refusal("XAmzContentSHA256Mismatch", details);
    }
    this.md5 = this.#md5.digest("hex");
    this.#checkMd5(promised);
    return this.#checkChecksum(promised, trailers);
  }

  #checkMd5({ md5 }: Promised): void {
    if (md5 === null) return;
    const inBase64 = base64(Uint8Array.fromHex(this.md5));
    if (md5 === inBase64) return;
    throw refusal("BadDigest", { ExpectedDigest: md5, CalculatedDigest: inBase64 });
  }

  #checkChecksum(
    { checksum }: Promised,
    trailers: ReadonlyMap<string, string>,
  ): Received["checksum"] {
    if (checksum === null || this.#checksum === null) return null;
    const { name, inTrailer } = checksum;
    const given = inTrailer ? trailers.get(checksumHeader(name)) : checksum.value;
    if (given === undefined) throw refusal("MalformedTrailerError");
    if (given !== null) mustBeChecksum(name, given);
    const value = base64(this.#checksum.digest());
    if (given === null || given === value) return { name, value };
    throw refusal(
      "BadDigest",
      {},
      `The ${name} you specified did not match the calculated checksum.`,
    );
  }
}
