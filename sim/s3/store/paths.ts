/**
 * Where a key lies on disk: a plain path that any program opens, or an escaped one.
 *
 * Most keys are safe relative paths and stand as they are. The others (empty or dot segments,
 * long names, NUL) are percent-encoded, cut into pieces that fit a file name, and lie below
 * `.escaped/<bucket>/`, from where the key can be read back. Pieces that are folders end in `~`,
 * which no encoded text holds, so a key never stands in the way of a longer one.
 */
const nameBytesMax = 255;
const pieceLength = 200;
const encoder = new TextEncoder();

/** Whether the key itself is a path that means one file below its bucket, on every file system here. */
export function isPlain(key: string): boolean {
  // Two names that tools could take for our own folders.
  if (key.startsWith(".meta") || key.startsWith(".escaped")) return false;
  return !key.includes("\0") && key.split("/").every(isSafeName);
}

export function isSafeName(name: string): boolean {
  if (name === "" || name === "." || name === "..") return false;
  // A UTF-16 unit is three bytes of UTF-8 at most: most names need no counting.
  return name.length * 3 <= nameBytesMax || encoder.encode(name).length <= nameBytesMax;
}

/** The path of a key below `.escaped/<bucket>/`. */
export function escapedPath(key: string): string {
  const text = encodeURIComponent(key).replace(/[.~*'()!]/g, hex);
  const pieces = text.match(new RegExp(`.{1,${pieceLength}}`, "g")) ?? [];
  return pieces.join("~/");
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
