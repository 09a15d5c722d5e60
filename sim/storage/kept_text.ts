/**
 * Kept text: a small text that must not be lost -> two files, each with a checksum.
 *
 *   <path> and <path>.copy    the text, then a line "crc32c " and eight hex digits
 *
 * The copy is written first and the file last, each replaced as a whole: a crash leaves the old
 * text or the new one. Whichever of the two is missing or damaged is made again from the other, and
 * a damaged one stays beside as it was. A file without a checksum is one of an earlier version, and
 * its reader judges it.
 */
import { type Faults, noFaults } from "../faults/plan.ts";
import { crc32c } from "../net/crc32c.ts";
import { readFileIfAny, replaceFile, StorageError } from "./append_file.ts";
import { keepCut } from "./cuts.ts";
import type { Tell } from "./tell.ts";

/**
 * A file of ours that no copy can replace: the person has to decide. At a start it is the reason
 * why there is none; later it is an error of the service's storage.
 */
export class DamagedFileError extends StorageError {
  override readonly name = "SimError";
}

const ending = /\ncrc32c ([0-9a-f]{8})\n$/;
const utf8 = new TextEncoder();

/**
 * @param mode as of `replaceFile`
 * @throws {StorageError} if there is no room; the text is as before.
 */
export function writeKept(path: string, text: string, faults: Faults, mode?: number): void {
  const bytes = utf8.encode(`${text}\ncrc32c ${checksumOf(text)}\n`);
  replaceFile(`${path}.copy`, bytes, noFaults, mode);
  replaceFile(path, bytes, faults, mode);
}

function checksumOf(text: string): string {
  return crc32c(utf8.encode(text)).toString(16).padStart(8, "0");
}

/**
 * The text, or null if there is neither file nor copy.
 * @throws {DamagedFileError} if what is there can be believed in neither.
 */
export function readKept(path: string, tell: Tell, mode?: number): string | null {
  const file = readFileIfAny(path);
  const text = textOf(file);
  if (text !== null && hasChecksum(file)) return text;
  const copy = readFileIfAny(`${path}.copy`);
  if (copy === null && (file === null || text !== null)) return text;
  const saved = hasChecksum(copy) ? textOf(copy) : null;
  if (saved === null) throw damaged(path, file);
  const found = file === null ? "was missing" : `was damaged (${problemOf(file)})`;
  const kept = file === null ? "" : `; what it held is kept as ${keepCut(path, 0, file, mode)}`;
  replaceFile(path, utf8.encode(`${saved}\ncrc32c ${checksumOf(saved)}\n`), noFaults, mode);
  tell(`${path} ${found} and was made again from its copy${kept}`);
  return saved;
}

function hasChecksum(bytes: Uint8Array | null): boolean {
  return bytes !== null && ending.test(new TextDecoder().decode(bytes));
}

/** Null if there is none, if it is empty or if its checksum does not hold. */
function textOf(bytes: Uint8Array | null): string | null {
  if (bytes === null || bytes.length === 0) return null;
  const all = new TextDecoder().decode(bytes);
  const found = ending.exec(all);
  if (found === null) return all;
  const text = all.slice(0, found.index);
  return checksumOf(text) === found[1] ? text : null;
}

function problemOf(bytes: Uint8Array): string {
  if (bytes.length === 0) return "empty";
  return `${bytes.length} bytes whose checksum ${
    hasChecksum(bytes) ? "does not hold" : "is missing"
  }`;
}

function damaged(path: string, file: Uint8Array | null): DamagedFileError {
  const found = file === null ? "it is missing" : problemOf(file);
  return new DamagedFileError(
    `Cannot read ${path}: ${found}, and ${path}.copy is no better; put back one of the two, ` +
      "or begin with another folder",
  );
}

/** @throws {DamagedFileError} if the text is no JSON. */
export function parseKept(
  path: string,
  text: string,
  revive?: (name: string, value: unknown) => unknown,
): unknown {
  try {
    return JSON.parse(text, revive);
  } catch (error) {
    throw senseless(path, error);
  }
}

/** The error of a text that was read whole and makes no sense. */
export function senseless(path: string, cause: unknown): DamagedFileError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const what = `Cannot read ${path}: ${reason}`;
  return new DamagedFileError(`${what}; put back the file, or begin with another folder`);
}
