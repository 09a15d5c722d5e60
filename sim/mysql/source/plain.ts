/**
 * Plain: a source file as people have it -> a file that every reader here can read: not packed,
 * UTF-8, without a byte order mark before JSON.
 *
 * A file that is plain already is read where it is; of another one a copy is made below `prefix`.
 * What it is shows in its first bytes, whatever its name says.
 *
 * Documented: RFC 1952 (gzip begins with 1f 8b), Unicode 16 §23.8 (byte order marks).
 */
import { createReadStream, createWriteStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { SourceFileError } from "./errors.ts";

export interface SourceFile {
  /** As the person named it. */
  name: string;
  /** Where it is read. */
  path: string;
  type: FileType;
}

const fileTypes = {
  ".csv": "csv",
  ".tsv": "csv",
  ".jsonl": "json",
  ".ndjson": "json",
  ".json": "json",
  ".parquet": "parquet",
} as const;
export type FileType = typeof fileTypes[keyof typeof fileTypes];

/**
 * @param onNote told what was found that a person may not expect
 * @throws {SourceFileError} if there is no such file, or it cannot be unpacked.
 */
export async function plainFile(
  name: string,
  prefix: string,
  onNote: (text: string) => void,
): Promise<SourceFile> {
  await mustBeFile(name);
  const type = typeOf(name);
  const file = { name, path: name, type };
  if (startsWith(await head(name), [0x1f, 0x8b])) file.path = await unpacked(name, prefix);
  if (type === "parquet") return file;
  const first = await head(file.path);
  const encoding = encodingOf(name, first);
  if (encoding === "utf-8" && (type === "csv" || !startsWith(first, utf8Mark))) return file;
  if (encoding !== "utf-8") onNote("the file is UTF-16, and is read as such");
  return { ...file, path: await inUtf8(file, encoding, prefix) };
}

function typeOf(name: string): FileType {
  const plainName = name.toLowerCase().replace(/[.]gz$/, "");
  for (const [ending, type] of Object.entries(fileTypes)) {
    if (plainName.endsWith(ending)) return type;
  }
  const endings = Object.keys(fileTypes).join(", ");
  throw new SourceFileError(name, `Expected a name that ends in ${endings}, also with .gz`);
}

async function mustBeFile(path: string): Promise<void> {
  try {
    const { isFile, size } = await Deno.stat(path);
    if (!isFile) throw new SourceFileError(path, "Expected a file, found a folder");
    if (size === 0) throw new SourceFileError(path, "Expected rows, found an empty file");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new SourceFileError(path, "Expected a file, found nothing of that name");
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new SourceFileError(path, "May not be read");
    }
    throw error;
  }
}

const utf8Mark = [0xef, 0xbb, 0xbf];

function startsWith(bytes: Uint8Array, mark: readonly number[]): boolean {
  return mark.every((byte, at) => bytes[at] === byte);
}

/** The first bytes of a file. */
export async function head(path: string): Promise<Uint8Array> {
  using file = await Deno.open(path);
  const buffer = new Uint8Array(4096);
  return buffer.subarray(0, await file.read(buffer) ?? 0);
}

function encodingOf(name: string, first: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" {
  if (startsWith(first, [0xff, 0xfe])) return "utf-16le";
  if (startsWith(first, [0xfe, 0xff])) return "utf-16be";
  if (!first.subarray(0, 4).includes(0)) return "utf-8";
  throw new SourceFileError(
    name,
    "Expected UTF-8, found zero bytes, as in UTF-16 without a byte order mark; convert it: " +
      "iconv -f UTF-16LE -t UTF-8",
  );
}

async function unpacked(name: string, prefix: string): Promise<string> {
  const path = `${prefix}.unpacked`;
  const { pipeline } = await import("node:stream/promises");
  const source = createReadStream(name);
  try {
    await pipeline(source, createGunzip(), createWriteStream(path));
    return path;
  } catch (error) {
    const { code = "", message } = error as { code?: string; message: string };
    if (!code.startsWith("Z_")) throw error;
    throw new SourceFileError(name, `Cannot be unpacked as gzip: ${message}`);
  }
}

/** A text that is cut in the middle of a character is no longer the text that was written. */
async function inUtf8(
  { name, path }: SourceFile,
  encoding: string,
  prefix: string,
): Promise<string> {
  const copy = `${prefix}.utf8`;
  const [from, to] = [await Deno.open(path), await Deno.create(copy)];
  try {
    await from.readable
      .pipeThrough(new TextDecoderStream(encoding, { fatal: true }))
      .pipeThrough(new TextEncoderStream())
      .pipeTo(to.writable);
    return copy;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new SourceFileError(name, `Expected ${encoding.toUpperCase()}, found other bytes`);
  }
}
