/**
 * World: clock, dice and ids, all from one seed, handed to everything in `sim/`.
 *
 * Nothing in the simulator reads the time or makes a random number by itself: a test
 * stops the clock, a seed repeats a run.
 */
export interface World {
  /** Milliseconds since 1970, UTC. */
  nowMs(): number;
  /** A generator of numbers in [0, 1) of its own for each name: rolls of one do not move another. */
  random(name: string): () => number;
  /** Lower-case hex digits, `length` of them; the nth id of a name is always the same for one seed. */
  id(name: string, length?: number): string;
  /** The AWS account of everything here: twelve digits. */
  readonly accountId: string;
}

/** A world with the real clock, or with `nowMs` in its place. */
export function worldFromSeed(seed: number, nowMs: () => number = Date.now): World {
  const named = new Map<string, () => number>();
  const random = (name: string): () => number => {
    let roll = named.get(name);
    if (roll === undefined) named.set(name, roll = mulberry32(mix(seed, name)));
    return roll;
  };
  const id = (name: string, length = 12): string => {
    const roll = random(`id ${name}`);
    let digits = "";
    while (digits.length < length) digits += Math.floor(roll() * 16).toString(16);
    return digits;
  };
  return { nowMs, random, id, accountId: accountIdOf(mulberry32(mix(seed, "account"))) };
}

/** Twelve digits that are a number too: some programs lose a zero at the front. */
function accountIdOf(roll: () => number): string {
  return String(Math.floor(1e11 + roll() * 9e11));
}

/** FNV-1a over the name, started from the seed. */
function mix(seed: number, name: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let at = 0; at < name.length; at++) {
    hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193) >>> 0;
  }
  return hash;
}

/** A small generator with 32 bits of state. Source: Tommy Ettinger's mulberry32, public domain. */
function mulberry32(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
