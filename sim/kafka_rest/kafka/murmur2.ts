/**
 * Murmur2 as Kafka's default partitioner uses it: the bytes of a key -> 32 bits, signed.
 *
 * Source: Austin Appleby's MurmurHash2, public domain; seed and sign as in Apache Kafka's Utils.
 */
export function murmur2(bytes: Uint8Array): number {
  const factor = 0x5bd1e995;
  const size = bytes.length;
  let hash = 0x9747b28c ^ size;
  let at = 0;
  for (; at + 4 <= size; at += 4) {
    let word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    word = Math.imul(word, factor);
    word = Math.imul(word ^ (word >>> 24), factor);
    hash = Math.imul(hash, factor) ^ word;
  }
  const left = size - at;
  if (left === 3) hash ^= bytes[at + 2]! << 16;
  if (left >= 2) hash ^= bytes[at + 1]! << 8;
  if (left >= 1) hash = Math.imul(hash ^ bytes[at]!, factor);
  hash = Math.imul(hash ^ (hash >>> 13), factor);
  return hash ^ (hash >>> 15);
}
