/** What the tests of landing share: topics and a bucket in memory, and a process that can die. */
import type {
  Consumer,
  ConsumerEvent,
  Message,
  Position,
} from "../../../pipelines/clients/kafka.ts";

export type Log = { offset: bigint; value: Uint8Array | null }[];

export class Outside {
  /** `topic/partition` to its messages. */
  readonly logs = new Map<string, Log>();
  readonly committed = new Map<string, bigint>();
  readonly objects = new Map<string, Uint8Array>();
}

export interface Habits {
  /** Messages per event. */
  chunk: number;
  /** After so many events the group is rebalanced once. */
  rebalanceAfter?: number;
  /** The process dies at this put or commit: before or after it took effect. */
  diesAt?: { step: number; before: boolean };
}

export class Death extends Error {}

/** One process: a consumer and a bucket that stop working when it dies. */
export class Process implements Consumer {
  readonly #outside: Outside;
  readonly #habits: Habits;
  #steps = 0;
  #isDead = false;
  /** The most puts that were under way at the same time. */
  putsAtOnce = 0;
  #puts = 0;

  constructor(outside: Outside, habits: Habits) {
    this.#outside = outside;
    this.#habits = habits;
  }

  /** Puts and commits so far. */
  get steps(): number {
    return this.#steps;
  }

  async *events(): AsyncGenerator<ConsumerEvent> {
    const { chunk, rebalanceAfter } = this.#habits;
    let at = this.#begin();
    yield { kind: "assigned", positions: this.#positions(at) };
    for (let count = 1;; count++) {
      if (this.#isDead) throw new Death();
      if (count === rebalanceAfter) {
        at = this.#begin();
        yield { kind: "assigned", positions: this.#positions(at) };
      }
      let isIdle = true;
      for (const [name, log] of this.#outside.logs) {
        const from = at.get(name) ?? 0n;
        const messages: Message[] = log.filter(({ offset }) => offset >= from).slice(0, chunk);
        const last = messages.at(-1);
        if (last === undefined) continue;
        isIdle = false;
        at.set(name, last.offset + 1n);
        yield { kind: "messages", ...split(name), messages };
      }
      if (isIdle) yield { kind: "idle" };
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    this.putsAtOnce = Math.max(this.putsAtOnce, ++this.#puts);
    // Later uploads may well be done before earlier ones.
    for (let turn = 40 + (this.#steps * 17) % 31; turn > 0; turn--) await Promise.resolve();
    this.#step(() => this.#outside.objects.set(key, bytes));
    this.#puts--;
  }

  async commit(positions: readonly Position[]): Promise<boolean> {
    await Promise.resolve();
    this.#step(() => {
      for (const { topic, partition, offset } of positions) {
        this.#outside.committed.set(`${topic}/${partition}`, offset);
      }
    });
    return true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #step(effect: () => void): void {
    if (this.#isDead) throw new Death();
    const { diesAt } = this.#habits;
    this.#isDead = ++this.#steps === diesAt?.step;
    if (!this.#isDead || diesAt?.before === false) effect();
    if (this.#isDead) throw new Death();
  }

  #begin(): Map<string, bigint> {
    return new Map(
      [...this.#outside.logs.keys()].map((name) => [name, this.#outside.committed.get(name) ?? 0n]),
    );
  }

  #positions(at: Map<string, bigint>): Position[] {
    return [...at].map(([name, offset]) => ({ ...split(name), offset }));
  }
}

function split(name: string): { topic: string; partition: number } {
  const [topic = "", partition = ""] = name.split("/");
  return { topic, partition: Number(partition) };
}
