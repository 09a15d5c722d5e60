/**
 * Page queue: pages of many shards -> one reader, in the order they came.
 *
 * Each shard has room for a few pages of its own, so that a slow reader holds back every shard
 * and a busy shard never holds back another.
 */
import type { KinesisRecord } from "../clients/kinesis.ts";

export interface Page {
  shardId: string;
  records: KinesisRecord[];
  /** After this page: the last record's sequence number, or `shardEnd` once the shard is drained. */
  position: string;
  /** How far the shard's newest record is ahead of this page, in milliseconds. */
  behindMs: number;
}

export class PageQueue {
  readonly #roomPerShard: number;
  readonly #pages: Page[] = [];
  readonly #waitingCount = new Map<string, number>();
  /** The one who waits for room in a shard: its reader, which is one. */
  readonly #roomWanted = new Map<string, () => void>();
  #wake: (() => void) | undefined;
  #end: { reason: unknown; isTrouble: boolean } | undefined;

  constructor(roomPerShard: number) {
    this.#roomPerShard = roomPerShard;
  }

  /** Comes back when the shard has room for another page. */
  async put(page: Page): Promise<void> {
    if (this.#end !== undefined) return;
    const waitingCount = this.#waiting(page.shardId) + 1;
    this.#pages.push(page);
    this.#waitingCount.set(page.shardId, waitingCount);
    this.#wake?.();
    if (waitingCount < this.#roomPerShard) return;
    await new Promise<void>((resolve) => this.#roomWanted.set(page.shardId, resolve));
  }

  /** The next page, as soon as there is one; undefined after `close`. */
  async take(): Promise<Page | undefined> {
    while (this.#end === undefined) {
      const page = this.#pages.shift();
      if (page !== undefined) return this.#released(page);
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    if (this.#end.isTrouble) throw this.#end.reason;
    return undefined;
  }

  /** The reader ends with this reason, whatever waits; only the first end counts. */
  fail(reason: unknown): void {
    this.#finish({ reason, isTrouble: true });
  }

  /** The reader ends, whatever waits. */
  close(): void {
    this.#finish({ reason: undefined, isTrouble: false });
  }

  #released(page: Page): Page {
    this.#waitingCount.set(page.shardId, this.#waiting(page.shardId) - 1);
    this.#roomWanted.get(page.shardId)?.();
    this.#roomWanted.delete(page.shardId);
    return page;
  }

  #waiting(shardId: string): number {
    return this.#waitingCount.get(shardId) ?? 0;
  }

  #finish(end: { reason: unknown; isTrouble: boolean }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    for (const resolve of this.#roomWanted.values()) resolve();
    this.#wake?.();
  }
}
