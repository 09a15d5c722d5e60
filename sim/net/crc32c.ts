/**
 * CRC-32C (Castagnoli): bytes -> 32-bit checksum, eight bytes per step.
 *
 * Eight tables turn the eight dependent look-ups of the bytewise form into independent ones,
 * which is what makes verifying every batch affordable in a script language.
 *
 * Source: RFC 3720 appendix B.4 (polynomial and test values); "slicing by 8", Kounavis and Berry.
 */
const polynomialReversed = 0x82f63b78;
const tables = makeTables();
const [table0, table1, table2, table3, table4, table5, table6, table7] = tables;

function makeTables() {
  const table = () => new Int32Array(256);
  const made = [table(), table(), table(), table(), table(), table(), table(), table()] as const;
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomialReversed : crc >>> 1;
    made[0][byte] = crc;
  }
  let previous: Int32Array = made[0];
  for (const next of made.slice(1)) {
    for (let byte = 0; byte < 256; byte++) {
      const crc = previous[byte] ?? 0;
      next[byte] = (crc >>> 8) ^ (made[0][crc & 0xff] ?? 0);
    }
    previous = next;
  }
  return made;
}

/**
 * The checksum of `bytes` from `start` to `end`, unsigned.
 * @param previous checksum of the bytes before these, to sum up what comes in pieces
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, previous = 0): number {
  let crc = ~previous;
  let at = start;
  for (const last = end - 8; at <= last; at += 8) {
    crc ^= bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
    crc = table7[crc & 0xff]! ^ table6[(crc >>> 8) & 0xff]! ^
      table5[(crc >>> 16) & 0xff]! ^ table4[crc >>> 24]! ^
      table3[bytes[at + 4]!]! ^ table2[bytes[at + 5]!]! ^
      table1[bytes[at + 6]!]! ^ table0[bytes[at + 7]!]!;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ table0[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc >>> 0;
}
