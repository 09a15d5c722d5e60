/** Pieces -> one run of bytes. */

/**
 * The parts one behind the other, in memory of their own.
 * @param size of all of them together, in bytes, where it is known already
 */
export function joined(
  parts: readonly Uint8Array[],
  size: number = parts.reduce((sum, { length }) => sum + length, 0),
): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
