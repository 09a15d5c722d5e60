/**
 * Where a key lies on disk: a plain path that any program opens, or an escaped one.
 *
 * A key whose segments are portable names is its own path. The others (capitals, signs beyond
 * ASCII, empty or dot segments, what Windows reserves) are percent-encoded, cut into pieces that
 * fit a file name, and lie below `.escaped/<bucket>/`, from where the key can be read back. Pieces
 * that are folders end in `~`, which no encoded text holds, so a key never stands in the way of a
 * longer one. No two keys share a file on a disk that knows no case: which key is plain depends
 * on nothing but the key, so `a` and `A` do not ask each other who came first.
 */
import { isDeviceName, isPortableName, portableName } from "../../storage/portable_name.ts";
import { isEntryName } from "../../storage/safe_path.ts";

const pieceLength = 200;

/** Two names that tools could take for our own folders. */
function isOurs(key: string): boolean {
  return key.startsWith(".meta") || key.startsWith(".escaped");
}

/** Whether the key's object is stored under its own name. */
export function isPlain(key: string): boolean {
  return !isOurs(key) && key.split("/").every(isPortableName);
}

/**
 * Whether the key means one file below its bucket at all. What is here and not plain was brought
 * in by hand, or by a version before this that kept such keys plain.
 */
export function isPath(key: string): boolean {
  return !isOurs(key) && key.split("/").every(isEntryName);
}

/** The path of a key below `.escaped/<bucket>/`. */
export function escapedPath(key: string): string {
  const text = encodeURIComponent(key).replace(/[.~*'()!]|(?<!%|%[0-9A-F])[A-Z]/g, hex);
  const pieces = text.match(new RegExp(`.{1,${pieceLength}}`, "g")) ?? [];
  const last = pieces.pop() ?? "";
  return [...pieces, isDeviceName(last) ? hex(last) + last.slice(1) : last].join("~/");
}

function hex(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** The key of such a path; null for a file that we did not put there. */
export function keyOfEscapedPath(path: string): string | null {
  try {
    const key = decodeURIComponent(path.replaceAll("~/", ""));
    return escapedPath(key) === path ? key : null;
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

/** The folder of a bucket: its name, but for one that Windows reserves. */
export const bucketFolder = portableName;

/** The bucket of such a folder. */
export function bucketOfFolder(folder: string): string | null {
  const bucket = folder.replace(/^~[0-9a-f]{16}-/, "");
  return bucketFolder(bucket) === folder ? bucket : null;
}

/**
 * Documented: 3 to 63 lower-case letters, digits, dots and hyphens; no address, no `..`; some
 * beginnings and endings are AWS's own.
 */
export function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !/\.\.|\.-|-\./.test(name) &&
    !/^[0-9]+(\.[0-9]+){3}$/.test(name) && !/^(xn--|sthree-|amzn-s3-demo-)/.test(name) &&
    !/(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name);
}

/**
 * Compares in the order of the UTF-8 bytes, which is the order of S3's lists. UTF-16 sorts
 * surrogates before U+E000 to U+FFFF, although what they stand for comes after.
 */
export function compareUtf8(a: string, b: string): number {
  const size = Math.min(a.length, b.length);
  for (let at = 0; at < size; at++) {
    const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (one !== other) return codePointRank(one) - codePointRank(other);
  }
  return a.length - b.length;
}

function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}
