/**
 * DER: values -> the bytes in which certificates are written: tag, length, contents.
 *
 * Source: X.690; RFC 5280 for times; RFC 7468 for PEM.
 */
const utf8 = new TextEncoder();

export const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Contents one after the other, below 64 KiB. */
export function der(kind: number, ...contents: ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const size = contents.reduce((sum, part) => sum + part.length, 0);
  const head = [kind];
  if (size < 0x80) head.push(size);
  else if (size < 0x100) head.push(0x81, size);
  else head.push(0x82, size >>> 8, size & 0xff);
  const whole = new Uint8Array(head.length + size);
  whole.set(head);
  let at = head.length;
  for (const part of contents) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function derText(value: string): Uint8Array {
  return der(tag.utf8String, utf8.encode(value));
}

/** Documented: until 2049 with two digits of the year, later with four. */
export function derTime(ms: number): Uint8Array {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return digits < "2050"
    ? der(tag.utcTime, utf8.encode(digits.slice(2)))
    : der(tag.generalizedTime, utf8.encode(digits));
}

export function pem(label: string, bytes: Uint8Array): string {
  const lines = btoa(String.fromCharCode(...bytes)).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
