/**
 * Changed files: an object whose file is no longer in the state that was noted -> its note still,
 * if the bytes are those that make its ETag, and one sentence if they are not.
 *
 * Size and time tell cheaply that a file was touched; only then are its bytes read, once. A folder
 * that was copied keeps its notes so. What was changed without a new time goes unnoticed.
 */
import { createHash } from "node:crypto";
import type { Tell } from "../../storage/tell.ts";
import type { FileState } from "./disk.ts";

const pieceBytes = 1_048_576;

/** What a note says of the bytes; of an object in parts also their sizes. */
interface Noted {
  etag: string;
  parts: { sizes: number[] } | null;
}

/** Files that were found changed, each told once in the state it has. */
export class ChangedFiles {
  readonly #tell: Tell;
  readonly #told = new Map<string, string>();

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  /** Whether a file that was touched still holds what its note says; tells if not. */
  isStill(name: string, path: string, file: FileState, note: Noted): boolean {
    const state = `${file.size} ${file.mtimeMs}`;
    if (this.#told.get(name) === state) return false;
    if (etagOfFile(path, file.size, note.parts?.sizes) === note.etag) return true;
    this.#told.set(name, state);
    this.#tell(
      `The object s3://${name} is not what was stored under its ETag "${note.etag}": ` +
        `its file ${path} was changed, and is served as it is now`,
    );
    return false;
  }
}

/** The MD5 of a file, or that of the MD5s of its parts; null if the parts are not its size. */
function etagOfFile(path: string, size: number, parts?: readonly number[]): string | null {
  using file = Deno.openSync(path);
  if (parts === undefined) return md5OfNext(file, size).digest("hex");
  if (parts.reduce((sum, part) => sum + part, 0) !== size) return null;
  const whole = createHash("md5");
  for (const part of parts) whole.update(md5OfNext(file, part).digest());
  return `${whole.digest("hex")}-${parts.length}`;
}

function md5OfNext(file: Deno.FsFile, length: number) {
  const md5 = createHash("md5");
  const piece = new Uint8Array(Math.min(length, pieceBytes));
  for (let left = length; left > 0;) {
    const count = file.readSync(piece.subarray(0, Math.min(left, piece.length)));
    if (count === null) break;
    md5.update(piece.subarray(0, count));
    left -= count;
  }
  return md5;
}
