import assert from "node:assert/strict";
import { Fenced } from "../../../pipelines/delta/mod.ts";
import { claim } from "../../../pipelines/stream/claim.ts";
import { RunError } from "../../../pipelines/errors.ts";

/** Series of numbers, each put if it is the next, as a Delta log takes them. */
class Log {
  readonly series = new Map<string, { number: number; by: string }>();

  number(name: string): number {
    return this.series.get(name)?.number ?? 0;
  }

  put(name: string, number: number, by: string): void {
    if (number !== this.number(name) + 1) {
      throw new Fenced(`${name} ${number} is not new`, { appId: name, tableVersion: number });
    }
    this.series.set(name, { number, by });
  }
}

const names = ["pin", "geo", "user"] as const;

/** One worker: claims all series, then commits to each a few times; stops at its first error. */
class Worker {
  readonly by: string;
  readonly #log: Log;
  readonly #pause: () => Promise<void>;
  readonly #held = new Map<string, number>();
  outcome: "running" | "done" | "refused" = "running";

  constructor(by: string, log: Log, pause: () => Promise<void>) {
    this.by = by;
    this.#log = log;
    this.#pause = pause;
  }

  async run(commits: number): Promise<void> {
    try {
      for (const name of names) await this.#claim(name);
      for (let count = 0; count < commits; count++) {
        for (const name of names) {
          await this.#pause();
          const number = this.#held.get(name)! + 1;
          this.#log.put(name, number, this.by);
          this.#held.set(name, number);
        }
      }
      this.outcome = "done";
    } catch (error) {
      assert.ok(error instanceof RunError, `${error}`);
      this.outcome = "refused";
    }
  }

  async #claim(name: string): Promise<void> {
    const number = await claim(async () => {
      await this.#pause();
      const next = this.#log.number(name) + 1;
      return async () => {
        await this.#pause();
        this.#log.put(name, next, this.by);
        return next;
      };
    }, name === "pin" ? null : () => this.#mustHold());
    this.#held.set(name, number);
  }

  async #mustHold(): Promise<void> {
    await this.#pause();
    if (this.#log.number("pin") !== this.#held.get("pin")) throw new RunError("pin is lost");
  }
}

/** Runs workers one step at a time, each next one chosen by `choose`; returns how many steps. */
async function interleaved(
  count: number,
  choose: (step: number, alive: number) => number,
): Promise<{ workers: Worker[]; steps: number }> {
  const log = new Log();
  const waiting: { index: number; go: () => void }[] = [];
  const workers = Array.from(
    { length: count },
    (_, index) =>
      new Worker(String(index), log, () => new Promise((go) => void waiting.push({ index, go }))),
  );
  const runs = workers.map((worker) => worker.run(2));
  let steps = 0;
  for (; workers.some(({ outcome }) => outcome === "running"); steps++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (waiting.length === 0) continue;
    waiting.sort((a, b) => a.index - b.index);
    waiting.splice(choose(steps, waiting.length) % waiting.length, 1)[0]!.go();
  }
  await Promise.all(runs);
  return { workers, steps };
}

Deno.test("of two workers, whichever way their steps fall, one goes on and one is refused or done before", async () => {
  // Worker 0 takes so many steps before worker 1 takes so many, and then they alternate.
  for (let first = 0; first < 12; first++) {
    for (let second = 0; second < 12; second++) {
      const { workers } = await interleaved(2, (step, alive) => {
        if (step < first) return 0;
        if (step < first + second) return alive - 1;
        return step;
      });
      const outcomes = workers.map(({ outcome }) => outcome);
      assert.ok(outcomes.includes("done"), `${first} ${second}: ${outcomes}`);
    }
  }
});

Deno.test("of three workers in any order of steps one goes on", async () => {
  let state = 1;
  const random = () => state = (state * 48271) % 2147483647;
  for (let round = 0; round < 100; round++) {
    const { workers } = await interleaved(3, () => random());
    const outcomes = workers.map(({ outcome }) => outcome);
    assert.ok(outcomes.includes("done"), `${round}: ${outcomes}`);
  }
});

Deno.test("a worker alone claims what a dead one had claimed in part", async () => {
  const log = new Log();
  const pause = () => Promise.resolve();
  for (const name of names) log.put(name, 1, "dead");
  log.put("pin", 2, "dead");
  const worker = new Worker("new", log, pause);
  await worker.run(2);
  assert.equal(worker.outcome, "done");
});
