/**
 * Log pool: the segment logs in use, so many open at once at most.
 *
 * A log is opened when it is first needed, so that a service with many shards is ready at once
 * and holds no more files than the system allows.
 */
import type { Faults } from "../faults/plan.ts";
import { SegmentLog } from "../storage/segment_log.ts";
import type { Tell } from "../storage/tell.ts";

const openMax = 128;
/** What is checked again after a crash, and what retention frees at once. */
const segmentBytes = 16 * 1024 * 1024;

export class LogPool implements Disposable {
  readonly #faults: Faults;
  readonly #tell: Tell | undefined;
  /** The most recently used last. */
  readonly #open = new Map<string, SegmentLog>();
  #last: { dir: string; log: SegmentLog } | null = null;

  constructor(faults: Faults, tell?: Tell) {
    this.#faults = faults;
    this.#tell = tell;
  }

  /** @throws {StorageError} if it can be neither opened nor made. */
  open(dir: string): SegmentLog {
    if (this.#last?.dir === dir) return this.#last.log;
    const options = { faults: this.#faults, segmentBytes, tell: this.#tell };
    const log = this.#open.get(dir) ?? new SegmentLog(dir, options);
    this.#open.delete(dir);
    this.#open.set(dir, log);
    this.#last = { dir, log };
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= openMax) break;
      this.close(oldest);
    }
    return log;
  }

  close(dir: string): void {
    if (this.#last?.dir === dir) this.#last = null;
    this.#open.get(dir)?.[Symbol.dispose]();
    this.#open.delete(dir);
  }

  [Symbol.dispose](): void {
    for (const dir of [...this.#open.keys()]) this.close(dir);
  }
}
