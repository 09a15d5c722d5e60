/**
 * Log pool: the segment logs in use, so many open at once at most.
 *
 * A log is opened when it is first needed, so that a service with many shards is ready at once
 * and holds no more files than the system allows.
 */
import type { Faults } from "../faults/plan.ts";
import type { SafeFolder } from "../storage/safe_path.ts";
import { SegmentLog } from "../storage/segment_log.ts";
import type { Tell } from "../storage/tell.ts";

const openMax = 128;
/** What is checked again after a crash, and what retention frees at once. */
const segmentBytes = 16 * 1024 * 1024;

export interface LogPoolOptions {
  /** The folder that no log may leave; default: they may lie anywhere. */
  root?: SafeFolder | null;
  tell?: Tell | undefined;
}

export class LogPool implements Disposable {
  readonly #faults: Faults;
  readonly #root: SafeFolder | null;
  readonly #tell: Tell | undefined;
  /** The most recently used last. */
  readonly #open = new Map<string, SegmentLog>();
  #last: { dir: string; log: SegmentLog } | null = null;

  constructor(faults: Faults, { root = null, tell }: LogPoolOptions = {}) {
    this.#faults = faults;
    this.#root = root;
    this.#tell = tell;
  }

  /** @throws {StorageError} if it can be neither opened nor made. */
  open(dir: string): SegmentLog {
    if (this.#last?.dir === dir) return this.#last.log;
    const log = this.#open.get(dir) ?? this.#make(dir);
    this.#open.delete(dir);
    this.#open.set(dir, log);
    this.#last = { dir, log };
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= openMax) break;
      this.close(oldest);
    }
    return log;
  }

  #make(dir: string): SegmentLog {
    this.#root?.mustBeClear(dir);
    return new SegmentLog(dir, { faults: this.#faults, segmentBytes, tell: this.#tell });
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
