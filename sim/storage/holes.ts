/**
 * Holes: offsets of a log that no batch has, because damage took their batches.
 *
 *   <dir>/holes    one line each: first offset, a space, the offset behind the last
 *
 * Batches of a log follow each other without gaps, but for these: so a batch elsewhere is known for
 * a damaged one. Offsets that were lost are never given again: whoever has read them already would
 * take other records for the same.
 */
import type { Faults } from "../faults/plan.ts";
import { readKept, senseless, writeKept } from "./kept_text.ts";
import type { Tell } from "./tell.ts";

export class Holes {
  readonly #path: string;
  readonly #faults: Faults;
  readonly #ends = new Map<bigint, bigint>();

  constructor(dir: string, faults: Faults, tell: Tell) {
    this.#path = `${dir}/holes`;
    this.#faults = faults;
    const text = readKept(this.#path, tell);
    for (const line of text === null ? [] : text.split("\n")) {
      const found = /^([0-9]+) ([0-9]+)$/.exec(line);
      if (found === null) throw senseless(this.#path, new SyntaxError(`'${line}' is no hole`));
      this.#ends.set(BigInt(found[1]!), BigInt(found[2]!));
    }
  }

  /** Where the hole that begins at `offset` ends; `offset` itself if none begins there. */
  endOf(offset: bigint): bigint {
    return this.#ends.get(offset) ?? offset;
  }

  /** @throws {StorageError} if it cannot be written down. */
  add(from: bigint, end: bigint): void {
    this.#ends.set(from, end);
    const lines = [...this.#ends].map(([first, last]) => `${first} ${last}`);
    writeKept(this.#path, lines.join("\n"), this.#faults);
  }
}
