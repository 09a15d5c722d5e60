/**
 * Spool: the landed objects of one topic -> one local file of lines, and where each line is from.
 *
 *   in    `<folder>/<topic>/…/<topic>+<partition>+<start offset>.json[.gz]`, thousands of small
 *         objects as well as a few large ones
 *   out   their lines in the order (partition, start offset), and the list of objects in that order
 *
 * Small objects are fetched many at a time, large ones are streamed one after another: memory
 * stays the same however many there are. A body that breaks off is fetched again and goes on
 * where it was. A record's offset is its object's start + its line, which holds for our own
 * sink; behind a sink that leaves out offsets it still tells records apart.
 */
import type { ObjectInfo, Objects } from "../clients/s3.ts";
import { OutsideError, RunError } from "../errors.ts";
import { LineFile, type LineFileSummary } from "./line_file.ts";
import type { SinkConfig } from "./sink_config.ts";

export interface SpooledObject {
  key: string;
  partition: number;
  startOffset: bigint;
  /** Number of its first line in the spool file, from 0. */
  firstLine: number;
  lineCount: number;
}

export interface Spool extends LineFileSummary {
  topic: string;
  objects: readonly SpooledObject[];
  /** Keys below the topic that are no objects of a sink: never read, but not passed in silence. */
  ignoredKeys: readonly string[];
}

export type KeyDelimiters = Pick<SinkConfig, "directoryDelimiter" | "fileDelimiter">;

export interface SpoolOptions extends KeyDelimiters {
  /** The sink's `topics.dir`, or where it puts rejects. */
  folder: string;
  /** Where the file goes; must not exist. */
  path: string;
  signal?: AbortSignal | undefined;
  onObject?: ((done: number, total: number) => void) | undefined;
}

/** All that is needed of a store. */
export type Readable = Pick<Objects, "get" | "list">;

/** Fetches everything of a topic. */
export async function spoolTopic(
  objects: Readable,
  topic: string,
  options: SpoolOptions,
): Promise<Spool> {
  const { found, ignoredKeys } = await landedObjects(objects, topic, options);
  using file = new LineFile(options.path);
  const spooled: SpooledObject[] = [];
  let firstLine = 0;
  for await (const { object, body } of fetchInOrder(objects, found, options.signal)) {
    for await (const chunk of body) await file.append(chunk);
    const lineCount = await file.endObject();
    const { key, partition, startOffset } = object;
    spooled.push({ key, partition, startOffset, firstLine, lineCount });
    firstLine += lineCount;
    options.onObject?.(spooled.length, found.length);
  }
  return { ...await file.close(), topic, objects: spooled, ignoredKeys };
}

export interface LandedObject extends ObjectInfo {
  partition: number;
  startOffset: bigint;
}

/** What the sink wrote, in the order (partition, start offset). */
export async function landedObjects(
  objects: Pick<Readable, "list">,
  topic: string,
  { folder, directoryDelimiter: slash, fileDelimiter }: KeyDelimiters & { folder: string },
): Promise<{ found: LandedObject[]; ignoredKeys: string[] }> {
  const plus = RegExp.escape(fileDelimiter);
  const named = new RegExp(`${RegExp.escape(topic)}${plus}([0-9]+)${plus}([0-9]+)[.]json([.]gz)?$`);
  const found: LandedObject[] = [];
  const ignoredKeys: string[] = [];
  for await (const object of objects.list(`${folder}${slash}${topic}${slash}`)) {
    const name = named.exec(object.key);
    if (name === null) ignoredKeys.push(object.key);
    else found.push({ ...object, partition: Number(name[1]), startOffset: BigInt(name[2] ?? "") });
  }
  found.sort((a, b) => a.partition - b.partition || Number(a.startOffset - b.startOffset));
  return { found, ignoredKeys };
}

type Body = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

const smallBytesMax = 256 << 10;
const waitingCountMax = 32;
const waitingBytesMax = 8 << 20;

/** The bodies one after another; small ones are fetched ahead while the ones before are read. */
async function* fetchInOrder(
  objects: Readable,
  list: readonly LandedObject[],
  signal?: AbortSignal,
): AsyncGenerator<{ object: LandedObject; body: Body }> {
  const waiting: { object: LandedObject; body: Promise<Body> | Body }[] = [];
  let waitingBytes = 0;
  for (let next = 0;;) {
    for (; waiting.length < waitingCountMax && waitingBytes < waitingBytesMax; next++) {
      const object = list[next];
      if (object === undefined) break;
      waiting.push({ object, body: fetchAhead(bodyOf(objects, object, signal), object) });
      waitingBytes += object.size;
    }
    const first = waiting.shift();
    if (first === undefined) return;
    signal?.throwIfAborted();
    waitingBytes -= first.object.size;
    yield { object: first.object, body: await first.body };
  }
}

/** The whole of a small object; a large one is not even opened before it is its turn. */
function fetchAhead(body: AsyncIterable<Uint8Array>, object: ObjectInfo): Promise<Body> | Body {
  if (object.size > smallBytesMax) return body;
  const chunks = Array.fromAsync(body);
  chunks.catch(() => {}); // Thrown where it is awaited, or nobody needs it any more.
  return chunks;
}

function bodyOf(
  objects: Readable,
  object: ObjectInfo,
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  const bytes = storedBytes(objects, object, signal);
  return object.key.endsWith(".gz") ? unzipped(bytes, object.key) : bytes;
}

const attemptsMax = 4;

/** Exactly the bytes that were listed, however often their transfer breaks off. */
async function* storedBytes(
  objects: Readable,
  { key, size }: ObjectInfo,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let readBytes = 0;
  for (let attempt = 1;; attempt++) {
    try {
      const body = await objects.get(key);
      if (body === undefined) throw new RunError(`Cannot read ${key}: it was there and is gone`);
      let skipBytes = readBytes;
      for await (const chunk of body) {
        const rest = chunk.subarray(skipBytes);
        skipBytes -= chunk.length - rest.length;
        readBytes += rest.length;
        if (rest.length > 0) yield rest as Uint8Array<ArrayBuffer>;
      }
      if (readBytes === size) return;
      throw new OutsideError(`Cannot read ${key}: ${readBytes} bytes came, ${size} were listed`, {
        retryable: readBytes < size,
      });
    } catch (error) {
      signal?.throwIfAborted();
      const isFinal = error instanceof RunError ||
        error instanceof OutsideError && !error.retryable;
      if (isFinal || attempt >= attemptsMax) throw asRunError(key, error);
    }
  }
}

async function* unzipped(
  bytes: AsyncIterable<Uint8Array<ArrayBuffer>>,
  key: string,
): AsyncGenerator<Uint8Array> {
  try {
    yield* ReadableStream.from(bytes).pipeThrough(new DecompressionStream("gzip"));
  } catch (error) {
    throw asRunError(key, error);
  }
}

function asRunError(key: string, error: unknown): Error {
  if (error instanceof RunError || error instanceof OutsideError) return error;
  const found = error instanceof Error ? error.message : String(error);
  return new RunError(`Cannot read ${key}: ${found}`, { cause: error });
}
