/**
 * Landed objects, for tests: records -> an `Objects` in memory, named as the sink names them.
 */
import type { Objects } from "../../../pipelines/clients/s3.ts";
import { type TableName, topicOf } from "../../../pipelines/tables.ts";

export const id = "0a1b2c3d4e5f";

const encoder = new TextEncoder();

export type Bytes = Uint8Array<ArrayBuffer>;

/** What a record is given as: an object, or the very text or bytes of its line. */
export type Given = Record<string, unknown> | string | Bytes;

/** Objects by key, in memory; `chunkBytes` cuts what is read into pieces of that size. */
export class MemoryObjects implements Objects {
  readonly bodies = new Map<string, Bytes>();
  readonly chunkBytes: number;
  getCount = 0;

  constructor({ chunkBytes = 65_536 } = {}) {
    this.chunkBytes = chunkBytes;
  }

  /** Lands records as one object. */
  land(table: TableName, partition: number, start: number, records: readonly Given[]): this {
    this.bodies.set(landedKey(table, partition, start), lines(records));
    return this;
  }

  /** What the sink writes of a record that it cannot decode. */
  reject(
    table: TableName,
    partition: number,
    offset: number,
    reason: string,
    bytes: string | null,
  ): this {
    const topic = topicOf(id, table);
    const line = { topic, partition, offset, reason, bytes: bytes === null ? null : btoa(bytes) };
    this.bodies.set(landedKey(table, partition, offset, "rejects"), lines([line]));
    return this;
  }

  put(key: string, bytes: Uint8Array): Promise<void> {
    this.bodies.set(key, new Uint8Array(bytes));
    return Promise.resolve();
  }

  get(key: string): Promise<ReadableStream<Uint8Array> | undefined> {
    this.getCount++;
    const body = this.bodies.get(key);
    return Promise.resolve(body && ReadableStream.from(pieces(body, this.chunkBytes)));
  }

  head(key: string): Promise<{ key: string; size: number } | undefined> {
    const body = this.bodies.get(key);
    return Promise.resolve(body && { key, size: body.length });
  }

  async *list(prefix: string): AsyncGenerator<{ key: string; size: number }> {
    for (const key of [...this.bodies.keys()].sort()) {
      if (key.startsWith(prefix)) yield { key, size: this.bodies.get(key)?.length ?? 0 };
    }
    await Promise.resolve();
  }

  delete(key: string): Promise<void> {
    this.bodies.delete(key);
    return Promise.resolve();
  }
}

export function landedKey(
  table: TableName,
  partition: number,
  start: number,
  folder = "topics",
): string {
  const topic = topicOf(id, table);
  const name = `${topic}+${partition}+${String(start).padStart(10, "0")}.json`;
  return `${folder}/${topic}/partition=${partition}/${name}`;
}

/** One line for each record, each with its line feed. */
export function lines(records: readonly Given[]): Bytes {
  const parts = records.map((record) =>
    record instanceof Uint8Array
      ? record
      : encoder.encode(typeof record === "string" ? record : JSON.stringify(record))
  );
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length + 1, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    all[at + part.length] = 0x0a;
    at += part.length + 1;
  }
  return all;
}

function* pieces(body: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
}

/** A post as the source has it; whatever `changed` says differs. */
export const pin = (index: unknown, changed: Record<string, unknown> = {}) => ({
  index,
  unique_id: `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`,
  title: `Post ${index}`,
  description: `What post ${index} is about`,
  poster_name: `Poster ${Number(index) % 7}`,
  follower_count: `${1 + Number(index) % 900}k`,
  tag_list: "one,two,three",
  is_image_or_video: "image",
  image_src: `https://images.example/${index}.jpg`,
  downloaded: 1,
  save_location: "Local save in /data/travel",
  category: "travel",
  ...changed,
});

export const geo = (ind: unknown, changed: Record<string, unknown> = {}) => ({
  ind,
  timestamp: `20${18 + Number(ind) % 5}-03-04 05:06:07`,
  latitude: -89.5 + Number(ind) % 100,
  longitude: 12.25,
  country: ["Albania", "Cote d'Ivoire", "Svalbard & Jan Mayen Islands"][Number(ind) % 3],
  ...changed,
});

export const user = (ind: unknown, changed: Record<string, unknown> = {}) => ({
  ind,
  first_name: `First${Number(ind) % 7}`,
  last_name: "Last",
  age: 20 + Number(ind) % 7,
  date_joined: `201${5 + Number(ind) % 3}-10-24 11:23:51`,
  ...changed,
});
