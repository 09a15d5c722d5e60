/**
 * `aws-chunked`: a body in signed or unsigned chunks with trailing headers -> its data.
 *
 *   chunk     hex size [";chunk-signature=" hex] CRLF, data, CRLF
 *   last      a chunk of size 0 without its data and without the CRLF after it
 *   trailers  name ":" value CRLF each ["x-amz-trailer-signature:" hex CRLF], then CRLF
 *
 * Some writers end a trailer with LF before CRLF, some leave the last CRLF away: lines are told
 * apart by either. Pieces may be cut anywhere; nothing is kept but an unfinished line.
 *
 * Source: S3 API reference, "Transferring payload in multiple chunks (chunked upload)".
 */
import { createHash, type Hash } from "node:crypto";
import { type ChunkSignatures, sameSignature } from "../net/sigv4.ts";
import { refusal } from "./errors.ts";

const lineLengthMax = 1024;
const trailerBytesMax = 16_384;
const newline = 0x0a;
const latin1 = new TextDecoder("latin1");

/** Named, because it is the only trailer that is not part of the message. */
const trailerSignature = "x-amz-trailer-signature";

export class AwsChunkedDecoder {
  readonly #data: (bytes: Uint8Array) => void;
  readonly #signatures: ChunkSignatures | null;
  #state: "size" | "data" | "after data" | "trailers" = "size";
  #line = "";
  #left = 0;
  #signature = "";
  #hash: Hash | null = null;

  /** @param signatures checks each chunk; null for chunks without signatures */
  constructor(data: (bytes: Uint8Array) => void, signatures: ChunkSignatures | null) {
    this.#data = data;
    this.#signatures = signatures;
  }

  /** @throws {S3Error} InvalidRequest, SignatureDoesNotMatch */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#state === "data") at += this.#takeData(bytes, at);
      else at += this.#takeLine(bytes, at);
    }
  }

  #takeData(bytes: Uint8Array, at: number): number {
    const count = Math.min(this.#left, bytes.length - at);
    const piece = bytes.subarray(at, at + count);
    this.#hash?.update(piece);
    this.#data(piece);
    this.#left -= count;
    if (this.#left === 0) {
      this.#checkChunk();
      this.#state = "after data";
    }
    return count;
  }

  /** Takes bytes up to a line's end, or all there are. */
  #takeLine(bytes: Uint8Array, at: number): number {
    const isTrailer = this.#state === "trailers";
    const end = isTrailer ? -1 : bytes.indexOf(newline, at);
    const to = end < 0 ? bytes.length : end + 1;
    this.#line += latin1.decode(bytes.subarray(at, to));
    if (this.#line.length > (isTrailer ? trailerBytesMax : lineLengthMax)) throw brokenChunk();
    if (end >= 0) {
      const line = this.#line.replace(/\r?\n$/, "");
      this.#line = "";
      this.#endLine(line);
    }
    return to - at;
  }

  #endLine(line: string): void {
    if (this.#state === "after data") {
      if (line !== "") throw brokenChunk();
      this.#state = "size";
      return;
    }
    const parts = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
    if (parts === null) throw brokenChunk();
    this.#left = parseInt(parts[1] ?? "", 16);
    this.#signature = parts[2] ?? "";
    if (this.#signatures !== null) this.#hash = createHash("sha256");
    if (this.#left > 0) {
      this.#state = "data";
    } else {
      this.#checkChunk();
      this.#state = "trailers";
    }
  }

  #checkChunk(): void {
    if (this.#signatures === null || this.#hash === null) return;
    const expected = this.#signatures.chunk(this.#hash.digest("hex"));
    if (!sameSignature(expected, this.#signature)) throw refusal("SignatureDoesNotMatch");
  }

  /**
   * The trailing headers, by lower-case name, once all bytes are in.
   * @throws {S3Error} IncompleteBody, MalformedTrailerError, SignatureDoesNotMatch
   */
  end(): Map<string, string> {
    if (this.#state !== "trailers") throw refusal("IncompleteBody");
    const trailers = new Map<string, string>();
    for (const line of this.#line.split(/[\r\n]+/)) {
      if (line === "") continue;
      const at = line.indexOf(":");
      if (at <= 0) throw refusal("MalformedTrailerError");
      trailers.set(line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim());
    }
    this.#checkTrailers(trailers);
    trailers.delete(trailerSignature);
    return trailers;
  }

  #checkTrailers(trailers: Map<string, string>): void {
    if (this.#signatures === null || trailers.size === 0) return;
    const signed = [...trailers].filter(([name]) => name !== trailerSignature);
    const text = signed.map(([name, value]) => `${name}:${value}\n`).join("");
    const given = trailers.get(trailerSignature) ?? "";
    if (!sameSignature(this.#signatures.trailers(text), given)) {
      throw refusal("SignatureDoesNotMatch");
    }
  }
}

function brokenChunk() {
  return refusal("InvalidRequest", {}, "The chunk framing of the aws-chunked body is not valid");
}
