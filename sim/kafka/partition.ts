/**
 * Partition: a segment log, what its producers have sent, and who waits for more of it.
 *
 * The log is opened when the partition is first used, or looked over soon after the start: a broker
 * with many partitions is ready at once, and what a crash left is mended all the same.
 */
import { existsSync } from "node:fs";
import type { Faults } from "../faults/plan.ts";
import type { BatchHeader } from "../storage/record_batch.ts";
import { SegmentLog } from "../storage/segment_log.ts";
import type { Tell } from "../storage/tell.ts";
import type { TopicConfig } from "./configs.ts";
import { type ErrorCode, errors } from "./errors.ts";
import { Producers } from "./producers.ts";

/** There is one leader, and it never changes. */
export const leaderEpoch = 0;

/** What is wrong with the epoch that a client believes in; -1 is a client that knows none. */
export function leaderEpochProblem(epoch: number): ErrorCode | null {
  if (epoch < 0 || epoch === leaderEpoch) return null;
  return epoch < leaderEpoch ? errors.FENCED_LEADER_EPOCH : errors.UNKNOWN_LEADER_EPOCH;
}

export class Partition implements Disposable {
  readonly #producers = new Producers();
  readonly #waiting = new Set<() => void>();
  #log: SegmentLog | null = null;
  #segmentCount = 1;

  constructor(
    readonly index: number,
    /** Asked when the log is opened: by then a link may be in the way. */
    readonly dir: () => string,
    /** Asked at each use: settings of a topic change while it lives. */
    readonly config: () => TopicConfig,
    readonly faults: Faults,
    readonly nowMs: () => number,
    readonly tell?: Tell,
  ) {}

  /** @throws {StorageError} if it is opened now and cannot be. */
  get log(): SegmentLog {
    return this.#log ??= this.#openLog();
  }

  /** Whether anything was ever stored. @throws {StorageError} if a link is in the way */
  get hasLog(): boolean {
    return existsSync(this.dir());
  }

  #openLog(): SegmentLog {
    const log = new SegmentLog(this.dir(), {
      faults: this.faults,
      segmentBytes: () => this.config().number("segment.bytes"),
      leaderEpoch,
      state: this.#producers,
      tell: this.tell,
    });
    this.#segmentCount = log.segmentCount;
    return log;
  }

  /**
   * Stores a batch that was checked, and returns its first offset.
   * @throws {StorageError} if there is no room.
   */
  append(batch: Uint8Array): bigint {
    const baseOffset = this.log.append(batch);
    if (this.log.segmentCount !== this.#segmentCount) this.#retain();
    this.wake();
    return baseOffset;
  }

  /** The first offset of this batch if it was stored before, and so on: see producers.ts. */
  checkSequence(header: BatchHeader): ReturnType<Producers["check"]> {
    this.#log ??= this.#openLog(); // Which is what brings the producers back.
    return this.#producers.check(header);
  }

  /** Retention is looked at whenever a segment is full: nothing else can grow. */
  #retain(): void {
    const bytesMax = this.config().number("retention.bytes");
    const retentionMs = this.config().number("retention.ms");
    if (bytesMax >= 0) this.log.retainBytes(bytesMax);
    if (retentionMs >= 0) this.log.retainSince(BigInt(this.nowMs() - retentionMs));
    this.#segmentCount = this.log.segmentCount;
  }

  /** Calls `callback` at the next append, or when the partition goes away. */
  onChange(callback: () => void): void {
    this.#waiting.add(callback);
  }

  offChange(callback: () => void): void {
    this.#waiting.delete(callback);
  }

  wake(): void {
    for (const callback of [...this.#waiting]) callback();
  }

  [Symbol.dispose](): void {
    this.#log?.[Symbol.dispose]();
    this.#log = null;
    this.wake();
  }
}
