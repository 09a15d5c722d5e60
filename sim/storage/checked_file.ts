/**
 * Checked file: bytes that can be made again -> one file with their CRC-32C as its last four bytes.
 *
 * One that is missing, cut or damaged reads as none: its owner makes it again.
 */
import type { Faults } from "../faults/plan.ts";
import { crc32c } from "../net/crc32c.ts";
import { readFileIfAny, replaceFile } from "./append_file.ts";

/** @throws {StorageError} if there is no room; the old file stays. */
export function writeChecked(path: string, bytes: Uint8Array, faults: Faults): void {
  const all = new Uint8Array(bytes.length + 4);
  all.set(bytes);
  new DataView(all.buffer).setUint32(bytes.length, crc32c(bytes));
  replaceFile(path, all, faults);
}

export function readChecked(path: string): Uint8Array<ArrayBuffer> | null {
  const all = readFileIfAny(path);
  if (all === null || all.length < 4) return null;
  const bytes = all.subarray(0, -4);
  return new DataView(all.buffer).getUint32(bytes.length) === crc32c(bytes) ? bytes : null;
}
