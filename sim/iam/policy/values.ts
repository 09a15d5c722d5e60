/**
 * Values: the typed texts that conditions compare -> numbers, moments, addresses, bytes.
 * What is none of its type is null.
 *
 * Source: IAM user guide, "IAM JSON policy elements: Condition operators".
 */

const numberForm = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

export function numberOf(text: string): number | null {
  return numberForm.test(text) ? Number(text) : null;
}

/** The forms of ISO 8601 that W3C's note names, from a year down to a fraction of a second. */
const dateForm =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[Tt](\d\d?)(?::(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?)?)?)?([Zz]|[+-]\d\d(?::?\d\d)?)?$/;

/** Milliseconds since 1970; of plain digits but four (a year): seconds since then. */
export function momentOf(text: string): number | null {
  if (/^-?\d+$/.test(text) && text.length !== 4) return Number(text) * 1000;
  const parts = dateForm.exec(text);
  if (parts === null) return null;
  const [, year, month = "01", day = "01", hour = "0", minute = "0", second = "0"] = parts;
  const fraction = Number(`0.${parts[7] ?? "0"}`);
  const [y, mo, d, h, mi, s] = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (mo < 1 || mo > 12 || d < 1 || d > 31 || h > 24 || mi > 59 || s > 60) return null;
  return Date.UTC(y, mo - 1, d, h, mi, s) + fraction * 1000 - offsetMs(parts[8] ?? "Z");
}

function offsetMs(zone: string): number {
  if (zone === "Z" || zone === "z") return 0;
  const sign = zone.startsWith("-") ? -1 : 1;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(":", "") || "0");
  return sign * minutes * 60_000;
}

/** Bytes of an address, four or sixteen. */
export function addressOf(text: string): number[] | null {
  return text.includes(":") ? longAddress(text) : shortAddress(text);
}

function shortAddress(text: string): number[] | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  const bytes = parts.map((part) => /^\d{1,3}$/.test(part) ? Number(part) : 256);
  return bytes.some((byte) => byte > 255) ? null : bytes;
}

function longAddress(text: string): number[] | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [head, tail] = halves.map(groupsOf);
  if (head === undefined || head === null || tail === null) return null;
  if (tail === undefined) return head.length === 16 ? head : null;
  const gap = 16 - head.length - tail.length;
  return gap < 2 ? null : [...head, ...Array<number>(gap).fill(0), ...tail];
}

function groupsOf(half: string): number[] | null {
  if (half === "") return [];
  const bytes: number[] = [];
  const groups = half.split(":");
  for (const [place, group] of groups.entries()) {
    if (group.includes(".") && place === groups.length - 1) {
      const short = shortAddress(group);
      if (short === null) return null;
      bytes.push(...short);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return null;
      const value = parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    }
  }
  return bytes;
}

export interface Network {
  bytes: readonly number[];
  bits: number;
}

/** `10.0.0.0/8`; without a length it is one address. */
export function networkOf(text: string): Network | null {
  const [address = "", length, ...rest] = text.split("/");
  const bytes = addressOf(address);
  if (bytes === null || rest.length > 0) return null;
  if (length === undefined) return { bytes, bits: bytes.length * 8 };
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : 999;
  return bits > bytes.length * 8 ? null : { bytes, bits };
}

/** False across the two families. */
export function isWithin({ bytes, bits }: Network, address: readonly number[]): boolean {
  if (bytes.length !== address.length) return false;
  const whole = bits >> 3;
  for (let at = 0; at < whole; at++) if (bytes[at] !== address[at]) return false;
  const shift = 8 - (bits & 7);
  return shift === 8 || (bytes[whole] ?? 0) >> shift === (address[whole] ?? 0) >> shift;
}

/** Base64 -> its bytes as a text of codes, equal where the bytes are. */
export function binaryOf(text: string): string | null {
  try {
    return atob(text);
  } catch {
    return null;
  }
}
