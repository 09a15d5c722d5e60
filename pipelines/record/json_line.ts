/**
 * JSON line: the bytes of one record -> one line of compact JSON, or the reason why not.
 *
 * Only white space between tokens is removed. Order of fields, spelling of numbers and escapes
 * stay the producer's, byte for byte, so nothing is lost to a number type of ours.
 */
export type Line = { bytes: Uint8Array } | { reason: RejectReason };

/** Why a record cannot be a line; the words stand in the rejects. */
export type RejectReason = "no value" | "not UTF-8" | "not JSON";

// A byte order mark stays, and is then no JSON.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function jsonLine(value: Uint8Array | null): Line {
  if (value === null) return { reason: "no value" };
  let text: string;
  try {
    text = utf8.decode(value);
  } catch {
    return { reason: "not UTF-8" };
  }
  try {
    JSON.parse(text);
  } catch {
    return { reason: "not JSON" };
  }
  return { bytes: compact(value) };
}

/**
 * The JSON object in these bytes in a spelling that every parser takes, or null if there is none:
 * no white space around it, and a replacement character for half a surrogate pair.
 */
export function cleanObject(bytes: Uint8Array): string | null {
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes));
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    return JSON.stringify(value, (_, inner) => typeof inner === "string" ? whole(inner) : inner);
  } catch {
    return null;
  }
}

const whole = (text: string): string => text.isWellFormed() ? text : text.toWellFormed();

const quote = 0x22;
const backslash = 0x5c;

/** The same bytes if nothing is to be removed. The text must be valid JSON. */
function compact(bytes: Uint8Array): Uint8Array {
  const first = nextSpace(bytes, 0);
  if (first === bytes.length) return bytes;
  const out = new Uint8Array(bytes.length);
  let size = 0;
  for (let start = 0, end = first; start < bytes.length; end = nextSpace(bytes, start)) {
    out.set(bytes.subarray(start, end), size);
    size += end - start;
    start = end;
    while (start < bytes.length && isSpace(bytes[start]!)) start++;
  }
  return out.subarray(0, size);
}

/** Index of the next white space outside strings; `from` is outside too. */
function nextSpace(bytes: Uint8Array, from: number): number {
  let inString = false;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (inString) {
      if (byte === quote) inString = false;
      else if (byte === backslash) at++;
    } else if (byte === quote) inString = true;
    else if (isSpace(byte)) return at;
  }
  return bytes.length;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
