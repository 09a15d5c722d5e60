/**
 * Course: a seed -> the pauses and row numbers that the course's posting emulator draws.
 *
 *   in    seed, 100 in the course
 *   out   one cycle after the other, without end: sleep 0 or 1 s, then one row of 0 … 11000
 *
 * Python's `random` with an integer seed is a 32-bit Mersenne Twister; who draws the same kinds of
 * numbers in the same order gets the same rows as every student did. The upper bound of the rows
 * is the course's own: it lies below the last index, 11,153, so 153 rows are never sent.
 *
 * Source: CPython 3, Modules/_randommodule.c and Lib/random.py; Matsumoto and Nishimura, MT19937.
 * Left out: seeds that are no integers, floats, and every other distribution.
 */
export interface CourseDraw {
  sleepSeconds: 0 | 1;
  /** Row by offset, as the course reads it: 0 … 11000. */
  row: number;
}

/** The emulator's draws: `random.randrange(0, 2)`, then `random.randint(0, 11000)`. */
export function* courseDraws(seed = 100): Generator<CourseDraw, never, void> {
  const random = new PythonRandom(seed);
  while (true) {
    const sleepSeconds = random.randrange(0, 2) === 0 ? 0 : 1;
    yield { sleepSeconds, row: random.randint(0, 11_000) };
  }
}

const stateWords = 624;
const middleWord = 397;

/** `random.Random(seed)`: the integer draws of Python's generator, number for number. */
export class PythonRandom {
  readonly #state = new Uint32Array(stateWords);
  #next = stateWords;

  /** @throws {RangeError} if the seed is no whole number that a double holds exactly. */
  constructor(seed: number | bigint) {
    if (typeof seed === "number" && !Number.isSafeInteger(seed)) {
      throw new RangeError(`Cannot seed with ${seed}: must be a safe integer`);
    }
    this.#seedByArray(wordsOf(BigInt(seed)));
  }

  /** The upper `bits` bits of the next word, 1 to 32 of them. */
  getrandbits(bits: number): number {
    if (!Number.isInteger(bits) || bits < 1 || bits > 32) {
      throw new RangeError(`Cannot draw ${bits} bits: must be 1 to 32`);
    }
    return this.#word() >>> (32 - bits);
  }

  /** One of start, start + 1 … stop - 1. */
  randrange(start: number, stop: number): number {
    return start + this.#below(stop - start);
  }

  /** One of low, low + 1 … high: unlike `randrange`, the upper bound is a possible result. */
  randint(low: number, high: number): number {
    return this.randrange(low, high + 1);
  }

  /**
   * Draws as many bits as the count itself is long, again and again until the number is below it.
   * For a count of 2 that is two bits, not one: the sequence depends on it.
   */
  #below(count: number): number {
    if (!Number.isInteger(count) || count < 1 || count > 0xffff_ffff) {
      throw new RangeError(`Cannot draw from ${count} numbers: must be 1 to 4294967295`);
    }
    const bits = 32 - Math.clz32(count);
    let drawn = this.getrandbits(bits);
    while (drawn >= count) drawn = this.getrandbits(bits);
    return drawn;
  }

  #word(): number {
    if (this.#next === stateWords) this.#twist();
    let word = this.#state[this.#next++]!;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  #twist(): void {
    const state = this.#state;
    for (let at = 0; at < stateWords; at++) {
      const joined = (state[at]! & 0x80000000) | (state[(at + 1) % stateWords]! & 0x7fffffff);
      const odd = (joined & 1) === 0 ? 0 : 0x9908b0df;
      state[at] = state[(at + middleWord) % stateWords]! ^ (joined >>> 1) ^ odd;
    }
    this.#next = 0;
  }

  /** The reference's init_by_array: Python seeds with it even where one word would do. */
  #seedByArray(key: readonly number[]): void {
    const state = this.#state;
    seedByWord(state, 19_650_218);
    let at = 1;
    const step = (multiplier: number, addend: number): void => {
      const before = state[at - 1]!;
      state[at] = (state[at]! ^ Math.imul(before ^ (before >>> 30), multiplier)) + addend;
      if (++at < stateWords) return;
      state[0] = state[stateWords - 1]!;
      at = 1;
    };
    for (let round = 0; round < Math.max(stateWords, key.length); round++) {
      const keyAt = round % key.length;
      step(1_664_525, key[keyAt]! + keyAt);
    }
    for (let round = 0; round < stateWords - 1; round++) step(1_566_083_941, -at);
    state[0] = 0x80000000;
  }
}

function seedByWord(state: Uint32Array, word: number): void {
  state[0] = word;
  for (let at = 1; at < state.length; at++) {
    const before = state[at - 1]!;
    state[at] = Math.imul(1_812_433_253, before ^ (before >>> 30)) + at;
  }
}

/** 32-bit words of the seed, lowest first; Python drops the sign. */
function wordsOf(seed: bigint): number[] {
  const words: number[] = [];
  let rest = seed < 0n ? -seed : seed;
  do {
    words.push(Number(rest & 0xffff_ffffn));
    rest >>= 32n;
  } while (rest > 0n);
  return words;
}
