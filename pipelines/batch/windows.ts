/**
 * Windows: the messages of one partition, in order -> objects to be stored.
 *
 *   in    messages, offsets ascending, beginning at the committed offset
 *   out   objects: lines of compact JSON, at most `flush.size` of them and `s3.part.size` bytes;
 *         or one line that describes one rejected record
 *
 * Where a window ends depends only on where it began and on the messages: a restart from any
 * window's end makes the same objects again. A record that cannot be a line, and an offset that
 * does not exist, end the window before them, so that inside an object offset = start + line.
 *
 * A reject is `{"topic","partition","offset","reason","bytes"}`: offset a number, bytes the
 * record's value in base64, or null where there was no value.
 */
import { Buffer } from "node:buffer";
import type { Message } from "../clients/kafka.ts";
import { jsonLine } from "../record/json_line.ts";
import { landedKey, rejectKey, type SinkConfig } from "./sink_config.ts";

export interface LandedObject {
  key: string;
  bytes: Uint8Array;
  topic: string;
  partition: number;
  recordCount: number;
  isReject: boolean;
  /** Of its first record. */
  startOffset: bigint;
  /** Where a run begins again once this object and all before it are stored. */
  resumeOffset: bigint;
}

const lineFeed = 0x0a;

export class Windows {
  readonly topic: string;
  readonly partition: number;
  readonly #config: SinkConfig;
  #lines = new Uint8Array(4_096);
  #size = 0;
  #count = 0;
  #start: bigint;
  #next: bigint;

  /** @param position the committed offset, or where the partition begins */
  constructor(config: SinkConfig, topic: string, partition: number, position: bigint) {
    this.#config = config;
    this.topic = topic;
    this.partition = partition;
    this.#start = position;
    this.#next = position;
  }

  /** The offset after the last message. */
  get position(): bigint {
    return this.#next;
  }

  /** Takes a message and yields the objects that it completes. */
  *push({ offset, value }: Message): Generator<LandedObject> {
    if (offset < this.#next) return; // Fetched once more: it is in a window already.
    if (offset > this.#next) yield* this.#skipTo(offset);
    const line = jsonLine(value);
    if ("reason" in line) {
      yield* this.#close();
      yield this.#reject(offset, line.reason, value);
      return;
    }
    if (this.#size + line.bytes.length + 1 > this.#config.partBytes) yield* this.#close();
    this.#append(line.bytes);
    if (this.#count >= this.#config.flushSize) yield* this.#close();
  }

  /** The window that is still open, as an object whose resume offset is its own start. */
  open(): LandedObject | undefined {
    return this.#count === 0 ? undefined : { ...this.#object(), resumeOffset: this.#start };
  }

  #append(bytes: Uint8Array): void {
    const size = this.#size + bytes.length + 1;
    if (size > this.#lines.length) {
      const larger = new Uint8Array(Math.max(size, this.#lines.length * 2));
      larger.set(this.#lines.subarray(0, this.#size));
      this.#lines = larger;
    }
    this.#lines.set(bytes, this.#size);
    this.#lines[size - 1] = lineFeed;
    this.#size = size;
    this.#count++;
    this.#next++;
  }

  *#close(): Generator<LandedObject> {
    if (this.#count === 0) return;
    yield this.#object();
    this.#restart();
  }

  #object(): LandedObject {
    return {
      key: landedKey(this.#config, this.topic, this.partition, this.#start),
      bytes: this.#lines.slice(0, this.#size),
      topic: this.topic,
      partition: this.partition,
      recordCount: this.#count,
      isReject: false,
      startOffset: this.#start,
      resumeOffset: this.#next,
    };
  }

  *#skipTo(offset: bigint): Generator<LandedObject> {
    yield* this.#close();
    this.#next = offset;
    this.#restart();
  }

  #reject(offset: bigint, reason: string, value: Uint8Array | null): LandedObject {
    const { topic, partition } = this;
    const bytes = value === null ? null : Buffer.from(value).toString("base64");
    const line = JSON.stringify({ topic, partition, offset: Number(offset), reason, bytes });
    this.#next = offset + 1n;
    this.#restart();
    return {
      key: rejectKey(this.#config, topic, partition, offset),
      bytes: new TextEncoder().encode(`${line}\n`),
      topic,
      partition,
      recordCount: 1,
      isReject: true,
      startOffset: offset,
      resumeOffset: this.#next,
    };
  }

  #restart(): void {
    this.#start = this.#next;
    this.#size = 0;
    this.#count = 0;
  }
}
