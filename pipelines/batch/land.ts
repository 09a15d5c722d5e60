/**
 * Land: Kafka messages -> S3 objects, contents untouched.
 *
 *   in    messages of each partition, offsets ascending, beginning at the committed offset
 *   out   `topics/<topic>/partition=<n>/<topic>+<n>+<first offset>.json`, JSON lines;
 *         `rejects/<topic>/partition=<n>/<topic>+<n>+<offset>.json` for each record that is none
 *
 * Delivery is at least once, and a replay is harmless: windows are counted from the committed
 * offset, which moves only past objects that are stored, each after all before it, so a message
 * always lands under the same key and overwrites itself. Landing is complete when every
 * partition is past the goal; the windows that are open then are stored without a commit, and
 * the next run overwrites them with longer ones.
 *
 * Memory is bounded: one open window of `s3.part.size` bytes per partition, and a fixed number
 * of objects and bytes on their way to S3.
 */
import type { Consumer, ConsumerEvent, Position } from "../clients/kafka.ts";
import type { Objects } from "../clients/s3.ts";
import { RunError } from "../errors.ts";
import type { LandingGoal } from "./goal.ts";
import type { SinkConfig } from "./sink_config.ts";
import { type LandedObject, Windows } from "./windows.ts";

export interface LandWorks {
  consumer: Consumer;
  objects: Pick<Objects, "put">;
  goal: LandingGoal;
  /** The offset after the last message of every partition, to tell slow from gone. */
  endOffsets?: ((topic: string) => Promise<Map<number, bigint>>) | undefined;
  /** Called when an object is stored. */
  onLanded?: ((object: LandedObject) => void) | undefined;
}

export interface LandOptions {
  signal?: AbortSignal | undefined;
}

/** What this run stored; objects that an earlier run had stored are counted when overwritten. */
export interface Landed {
  objectCount: number;
  recordCount: number;
  rejectCount: number;
}

/** How often nothing has to come before the brokers are asked whether anything is to come. */
const idleEventsMax = 40;
/** So often they are asked: where records are said to be, and none comes for so long, none is. */
const askedMax = 4;
/**
 * Of a partition that another member has: one that died keeps it until its session is over (10 s),
 * and the group has met again.
 */
const askedElsewhereMax = 12;

/**
 * Lands until the goal is reached.
 *
 * @throws {OutsideError} when Kafka or S3 stays away
 * @throws {RunError} when acknowledged messages are no longer in their topic
 */
export async function land(
  works: LandWorks,
  config: SinkConfig,
  { signal }: LandOptions = {},
): Promise<Landed> {
  const landing = new Landing(works, config);
  try {
    for await (const event of works.consumer.events()) {
      signal?.throwIfAborted();
      await landing.take(event);
      if (!landing.isComplete()) continue;
      await landing.storeOpen();
      break;
    }
    return landing.counts;
  } finally {
    await landing.settle();
  }
}

class Landing {
  readonly counts: Landed = { objectCount: 0, recordCount: 0, rejectCount: 0 };
  readonly #works: LandWorks;
  readonly #config: SinkConfig;
  readonly #uploads: Uploads;
  #partitions = new Map<string, Windows>();
  #idleCount = 0;

  constructor(works: LandWorks, config: SinkConfig) {
    this.#works = works;
    this.#config = config;
    this.#uploads = new Uploads(works);
  }

  async take(event: ConsumerEvent): Promise<void> {
    this.#uploads.throwIfFailed();
    if (event.kind === "assigned") return await this.#assign(event.positions);
    if (event.kind === "idle") return await this.#idle();
    this.#idleCount = 0;
    const windows = this.#partitions.get(nameOf(event.topic, event.partition));
    if (windows === undefined) return;
    for (const message of event.messages) {
      for (const object of windows.push(message)) await this.#store(object);
    }
  }

  /** Has every partition passed what was acknowledged, and will nothing more be? */
  isComplete(): boolean {
    const { goal } = this.#works;
    if (!goal.finished) return false;
    for (const { topic, partition, offset } of goal.highest()) {
      const windows = this.#partitions.get(nameOf(topic, partition));
      if (windows === undefined || windows.position <= offset) return false;
    }
    return true;
  }

  /** The windows that are still open: stored, not committed. */
  async storeOpen(): Promise<void> {
    for (const windows of this.#partitions.values()) {
      const object = windows.open();
      if (object !== undefined) await this.#store(object);
    }
    await this.#uploads.finish();
  }

  settle(): Promise<void> {
    return this.#uploads.settle();
  }

  /** Work on former partitions is dropped: whoever has them now begins at the committed offset. */
  async #assign(positions: readonly Position[]): Promise<void> {
    this.#idleCount = 0;
    await this.#uploads.forget();
    this.#partitions = new Map(
      positions.map(({ topic, partition, offset }) => [
        nameOf(topic, partition),
        new Windows(this.#config, topic, partition, offset),
      ]),
    );
  }

  async #store(object: LandedObject): Promise<void> {
    await this.#uploads.add(object);
    this.counts.objectCount++;
    if (object.isReject) this.counts.rejectCount++;
    else this.counts.recordCount += object.recordCount;
  }

  async #idle(): Promise<void> {
    const { goal, endOffsets } = this.#works;
    if (!goal.finished || endOffsets === undefined) return;
    if (++this.#idleCount % idleEventsMax !== 0) return;
    for (const { topic, partition, offset } of goal.highest()) {
      const end = (await endOffsets(topic)).get(partition) ?? 0n;
      const windows = this.#partitions.get(nameOf(topic, partition));
      const position = windows?.position ?? 0n;
      const isLast = this.#idleCount >=
        idleEventsMax * (windows === undefined ? askedElsewhereMax : askedMax);
      if (position > offset || (end > offset && !isLast)) continue;
      const found = end > offset ? `nothing comes from ${position} on` : `the topic ends at ${end}`;
      throw new RunError(
        `Cannot land ${topic}, partition ${partition}: offset ${offset} was acknowledged, but ` +
          `${found}. Its messages are gone; start again with an empty --data`,
      );
    }
  }
}

function nameOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

interface Upload {
  object: LandedObject;
  stored: boolean;
}

/**
 * Objects on their way: several at once, committed in order. A partition's offset is committed
 * up to the first of its objects that is not stored yet.
 */
class Uploads {
  readonly #works: LandWorks;
  readonly #queues = new Map<string, Upload[]>();
  readonly #inFlight = new Set<Promise<void>>();
  readonly #committable = new Map<string, Position>();
  #inFlightBytes = 0;
  #committing: Promise<void> | undefined;
  #failure: unknown;

  constructor(works: LandWorks) {
    this.#works = works;
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Starts an upload as soon as there is room for it. */
  async add(object: LandedObject): Promise<void> {
    while (this.#isFull(object.bytes.length)) await Promise.race(this.#inFlight);
    this.throwIfFailed();
    const upload: Upload = { object, stored: false };
    const name = nameOf(object.topic, object.partition);
    const queue = this.#queues.get(name);
    if (queue === undefined) this.#queues.set(name, [upload]);
    else queue.push(upload);
    this.#inFlightBytes += object.bytes.length;
    const running = this.#run(upload, name)
      .catch((error) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#inFlight.delete(running);
        this.#inFlightBytes -= object.bytes.length;
      });
    this.#inFlight.add(running);
  }

  /** Waits until all is stored and committed. */
  async finish(): Promise<void> {
    await this.settle();
    await this.#commit();
    this.throwIfFailed();
  }

  /** Waits for what is under way, and commits none of it any more. */
  async forget(): Promise<void> {
    await this.settle();
    this.#queues.clear();
    this.#committable.clear();
    this.throwIfFailed();
  }

  async settle(): Promise<void> {
    await Promise.all(this.#inFlight);
    await this.#committing;
  }

  #isFull(bytes: number): boolean {
    if (this.#inFlight.size === 0) return false;
    return this.#inFlight.size >= uploadsMax || this.#inFlightBytes + bytes > uploadBytesMax;
  }

  async #run(upload: Upload, name: string): Promise<void> {
    const { object } = upload;
    await this.#works.objects.put(object.key, object.bytes);
    upload.stored = true;
    this.#works.onLanded?.(object);
    const queue = this.#queues.get(name) ?? [];
    while (queue[0]?.stored === true) {
      const { topic, partition, resumeOffset: offset } = queue.shift()!.object;
      this.#committable.set(name, { topic, partition, offset });
    }
    this.#committing ??= this.#commit().finally(() => this.#committing = undefined);
  }

  /** One commit at a time, each of everything that can be committed by then. Never rejects. */
  async #commit(): Promise<void> {
    while (this.#committable.size > 0 && this.#failure === undefined) {
      const positions = [...this.#committable.values()];
      this.#committable.clear();
      try {
        await this.#works.consumer.commit(positions);
      } catch (error) {
        this.#failure ??= error;
      }
    }
  }
}

const uploadsMax = 16;
const uploadBytesMax = 64 * 1024 * 1024;
