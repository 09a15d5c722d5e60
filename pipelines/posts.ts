/**
 * Posts: the rows of the three tables -> posts, in an order and at a pace.
 *
 *   in    rows of each table, ascending by key
 *   out   posts: the pin, geo and user row that share an index, a few hundred at a time
 *
 * The three tables are merged like sorted files, so memory holds one batch of each. An index
 * that lacks a row posts what it has; a key that stands twice in a table makes two posts. Rows
 * that are out of order, or whose key is no number, are posted all the same: nothing is ever
 * left out here, whatever the source holds.
 */
import type { Row, Source } from "./clients/mysql.ts";
import { perTable, sourceTables, type TableName, tableNames } from "./tables.ts";

export type { Row, Source };

export interface Post {
  /** The key the rows share, as the source gave it. */
  index: unknown;
  rows: { [table in TableName]?: Row };
  /** Waited before this post, in seconds; 0 except in the course's order. */
  pauseSeconds: number;
}

export interface PostLimit {
  /** The first N posts; default all. */
  limit?: number | undefined;
}

const batchPosts = 500;

/** All posts by ascending index. */
export async function* postsInOrder(
  source: Source,
  { limit = Infinity }: PostLimit = {},
): AsyncGenerator<Post[]> {
  const heads = tableNames.map((table) => new Head(source, table));
  try {
    await Promise.all(heads.map((head) => head.fill()));
    let batch: Post[] = [];
    for (let count = 0; count < limit && heads.some((head) => !head.ended); count++) {
      batch.push(nextPost(heads));
      for (const head of heads) if (head.empty) await head.fill();
      if (batch.length < batchPosts) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  } finally {
    await Promise.all(heads.map((head) => head.close()));
  }
}

/** One random draw of the course's emulator. */
export interface Draw {
  sleepSeconds: number;
  /** Row number, the same in all three tables. */
  row: number;
}

/** The course's own order: for each draw the row of that number, from each table that has one. */
export async function* coursePosts(
  source: Source,
  draws: Iterable<Draw>,
  { limit = Infinity }: PostLimit = {},
): AsyncGenerator<Post[]> {
  let count = 0;
  for (const { sleepSeconds, row: n } of draws) {
    if (count++ >= limit) return;
    const post: Post = { index: n, rows: {}, pauseSeconds: sleepSeconds };
    const rows = await Promise.all(tableNames.map((table) => source.rowAt(table, n)));
    for (const [at, table] of tableNames.entries()) {
      const row = rows[at];
      if (row === undefined) continue;
      post.rows[table] = row;
      if (table === "pin") post.index = row[sourceTables.pin.key];
    }
    yield [post];
  }
}

/**
 * The source's posts, then those of a generator that goes on where it ends.
 *
 * @param onward is called once, with the number of posts so far and an index above all of theirs
 */
export async function* chained(
  first: AsyncIterable<Post[]>,
  onward: (count: number, nextIndex: number) => Iterable<Post> | AsyncIterable<Post[]>,
): AsyncGenerator<Post[]> {
  let count = 0;
  let nextIndex = 0;
  for await (const batch of first) {
    count += batch.length;
    for (const { index } of batch) nextIndex = Math.max(nextIndex, indexAfter(index));
    yield batch;
  }
  const more = onward(count, nextIndex);
  yield* Symbol.asyncIterator in more ? more : inBatches(more);
}

/** 0 after what is no whole number. */
function indexAfter(index: unknown): number {
  const number = typeof index === "string" && index.trim() !== "" ? Number(index) : index;
  return typeof number === "number" && Number.isSafeInteger(number) ? number + 1 : 0;
}

/** Smaller than those of a source: to make one must not hold up everything else. */
const generatedPosts = 100;

async function* inBatches(posts: Iterable<Post>): AsyncGenerator<Post[]> {
  let batch: Post[] = [];
  for (const post of posts) {
    if (batch.push(post) < generatedPosts) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/**
 * Cells in column order -> a post as the source database would give it.
 * @param without tables that are left out
 */
export function postOfCells(
  cells: Readonly<Record<TableName, readonly unknown[]>>,
  without: readonly TableName[] = [],
): Post {
  const rows: Post["rows"] = perTable((table) => rowOfCells(table, cells[table]));
  const index = rows.pin?.[sourceTables.pin.key];
  for (const table of without) delete rows[table];
  return { index, rows, pauseSeconds: 0 };
}

function rowOfCells(table: TableName, cells: readonly unknown[]): Row {
  const row: Row = {};
  const { columns } = sourceTables[table];
  for (let at = 0; at < columns.length; at++) {
    const { name, kind } = columns[at]!;
    const cell = cells[at] ?? null;
    row[name] = cell === null || kind === "number" ? cell : String(cell);
  }
  return row;
}

/** The rows of the lowest key, taken from every table that stands there. */
function nextPost(heads: Head[]): Post {
  let lowest: Head | undefined;
  for (const head of heads) {
    if (head.ended || (lowest !== undefined && head.order >= lowest.order)) continue;
    lowest = head;
  }
  if (lowest === undefined) throw new RangeError("Cannot make a post: no rows are left");
  const { order } = lowest;
  const post: Post = { index: lowest.key, rows: {}, pauseSeconds: 0 };
  for (const head of heads) {
    if (!head.ended && head.order === order) post.rows[head.table] = head.take();
  }
  return post;
}

/** The reading end of one table: the row that comes next, and its place in the order. */
class Head {
  readonly table: TableName;
  readonly #batches: AsyncIterator<Row[]>;
  readonly #keyName: string;
  #batch: readonly Row[] = [];
  #at = 0;
  ended = false;
  key: unknown;
  /** Null, and what is no number, comes first, as in a database. */
  order = -Infinity;

  constructor(source: Source, table: TableName) {
    this.table = table;
    this.#keyName = sourceTables[table].key;
    this.#batches = source.readTable(table)[Symbol.asyncIterator]();
  }

  /** The batch is used up: `fill` before the next row is looked at. */
  get empty(): boolean {
    return this.#at >= this.#batch.length && !this.ended;
  }

  async fill(): Promise<void> {
    while (this.empty) {
      const { done, value } = await this.#batches.next();
      this.ended = done === true;
      this.#batch = done === true ? [] : value;
      this.#at = 0;
    }
    this.#look();
  }

  take(): Row {
    const row = this.#batch[this.#at++];
    if (row === undefined) throw new RangeError(`Cannot take a row of ${this.table}: none is left`);
    this.#look();
    return row;
  }

  async close(): Promise<void> {
    await this.#batches.return?.();
  }

  #look(): void {
    const row = this.#batch[this.#at];
    if (row === undefined) return;
    this.key = row[this.#keyName];
    const order = this.key === null || this.key === undefined ? NaN : Number(this.key);
    this.order = Number.isNaN(order) ? -Infinity : order;
  }
}
