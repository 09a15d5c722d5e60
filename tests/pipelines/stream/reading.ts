/** What the tests of reading share: a reader of the Kinesis in memory, and its pages. */
import assert from "node:assert/strict";
import type { Positions } from "../../../pipelines/stream/positions.ts";
import type { Page } from "../../../pipelines/stream/page_queue.ts";
import { type ReadOptions, readStream } from "../../../pipelines/stream/read.ts";
import type { FakeKinesis } from "./fake_kinesis.ts";

export const stream = "streaming-0123456789ab-pin";
export const shard = (n: number) => `shardId-${String(n).padStart(12, "0")}`;

export function read(kinesis: FakeKinesis, from: Positions = {}, more: Partial<ReadOptions> = {}) {
  return readStream(kinesis, stream, from, { timing: kinesis.clock, ...more });
}

/** What the records of a page say. */
export const texts = ({ records }: Page) =>
  records.map(({ data }) => new TextDecoder().decode(data));

export async function next(pages: AsyncGenerator<Page>): Promise<Page> {
  const { value, done } = await pages.next();
  assert.equal(done, false);
  return value;
}

/** Pages until `isEnough` says so; the reading is ended. */
export async function collect(pages: AsyncGenerator<Page>, isEnough: (pages: Page[]) => boolean) {
  const collected: Page[] = [];
  for await (const page of pages) {
    collected.push(page);
    if (isEnough(collected)) break;
  }
  return collected;
}

export const recordCount = (pages: Page[]) =>
  pages.reduce((sum, { records }) => sum + records.length, 0);

export function after(from: Positions, pages: Page[]): Positions {
  return {
    ...from,
    ...Object.fromEntries(pages.map(({ shardId, position }) => [shardId, position])),
  };
}
