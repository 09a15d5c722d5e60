/**
 * Hash keys: a partition key -> the number that decides on its shard.
 *
 * The MD5 of the key's UTF-8 bytes, read as a number of 128 bits, the most significant byte
 * first; an explicit hash key is that number itself, in decimal.
 *
 * Source: Kinesis Data Streams API reference, PutRecord.
 */
import { invalidArgument } from "./errors.ts";
import { md5 } from "./md5.ts";

export const hashKeyMax = (1n << 128n) - 1n;

/** A hash key in two halves: most keys are told apart by the first alone. */
export interface HashKey {
  /** The highest 48 bits. */
  high: number;
  /** All 128 bits, worked out only where the first half does not decide. */
  whole(): bigint;
}

/** The sum of the last key: taken over before the next one is made. */
const words = new Uint32Array(4);

class Md5Key implements HashKey {
  readonly high: number;
  /** The other 80 bits, in two halves. */
  readonly #middle: number;
  readonly #low: number;

  constructor(sum: Uint32Array) {
    const first = sum[0], second = sum[1], third = sum[2], fourth = sum[3];
    this.high = first! * 0x10000 + (second! >>> 16);
    this.#middle = (second! & 0xffff) * 0x1000000 + (third! >>> 8);
    this.#low = (third! & 0xff) * 0x1_0000_0000 + fourth!;
  }

  whole(): bigint {
    return BigInt(this.high) << 80n | BigInt(this.#middle) << 40n | BigInt(this.#low);
  }
}

/** @param partitionKey its UTF-8 bytes. */
export function hashKeyOf(partitionKey: Uint8Array): HashKey {
  md5(partitionKey, words);
  return new Md5Key(words);
}

/** @throws {ServiceError} InvalidArgumentException if it has more than 128 bits. */
export function explicitHashKey(text: string): HashKey {
  const whole = BigInt(text);
  if (whole <= hashKeyMax) return { high: highOf(whole), whole: () => whole };
  const range = "ExplicitHashKey must be in the range: [0, 2^128-1]";
  throw invalidArgument(`Invalid ExplicitHashKey. ${range}. Specified value was ${text}`);
}

function highOf(whole: bigint): number {
  return Number(whole >> 80n);
}

/** Which of several ranges, which follow each other without a gap, a key lies in. */
export class Ranges<T> {
  readonly #items: readonly T[];
  readonly #starts: readonly bigint[];
  readonly #highs: Float64Array;

  constructor(items: readonly T[], startOf: (item: T) => bigint) {
    this.#items = [...items].sort((a, b) => (startOf(a) < startOf(b) ? -1 : 1));
    this.#starts = this.#items.map(startOf);
    this.#highs = Float64Array.from(this.#starts, highOf);
  }

  find(key: HashKey): T {
    let low = 0;
    let high = this.#items.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#isAtOrAbove(key, middle)) low = middle;
      else high = middle;
    }
    return this.#items[low]!;
  }

  #isAtOrAbove(key: HashKey, index: number): boolean {
    const start = this.#highs[index]!;
    return key.high === start ? key.whole() >= this.#starts[index]! : key.high > start;
  }
}

/** The first keys of `count` ranges of about the same size. */
export function uniformStarts(count: number): bigint[] {
  const size = (hashKeyMax + 1n) / BigInt(count);
  return Array.from({ length: count }, (_, index) => size * BigInt(index));
}
