import assert from "node:assert/strict";
import { type Readable, spoolTopic } from "../../../pipelines/batch/spool.ts";
import { OutsideError, RunError } from "../../../pipelines/errors.ts";
import { id, landedKey, lines, MemoryObjects, pin } from "./landed_objects.ts";

const topic = `${id}.pin`;

async function spooled(objects: Readable, more: { signal?: AbortSignal; plus?: string } = {}) {
  const folder = await Deno.makeTempDir();
  try {
    const spool = await spoolTopic(objects, topic, {
      folder: "topics",
      directoryDelimiter: "/",
      fileDelimiter: more.plus ?? "+",
      path: `${folder}/lines`,
      signal: more.signal,
    });
    return { ...spool, text: await Deno.readTextFile(spool.path) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function zipped(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

Deno.test("objects are read in the order (partition, start offset), as numbers", async () => {
  const objects = new MemoryObjects();
  objects.land("pin", 10, 0, ['{"n":5}']).land("pin", 2, 0, ['{"n":3}', '{"n":4}']);
  objects.land("pin", 0, 99_999_999_999, ['{"n":2}']).land("pin", 0, 9, ['{"n":1}']);
  const { text, objects: found, lineCount } = await spooled(objects);
  assert.equal(text, '{"n":1}\n{"n":2}\n{"n":3}\n{"n":4}\n{"n":5}\n');
  assert.equal(lineCount, 5);
  assert.deepEqual(found.map(({ key: _, ...place }) => place), [
    { partition: 0, startOffset: 9n, firstLine: 0, lineCount: 1 },
    { partition: 0, startOffset: 99_999_999_999n, firstLine: 1, lineCount: 1 },
    { partition: 2, startOffset: 0n, firstLine: 2, lineCount: 2 },
    { partition: 10, startOffset: 0n, firstLine: 4, lineCount: 1 },
  ]);
});

Deno.test("objects below folders of a time partitioner are read, and compressed ones", async () => {
  const objects = new MemoryObjects({ chunkBytes: 7 });
  const below = `topics/${topic}/year=2026/month=11/${topic}+0+`;
  await objects.put(`${below}0000000002.json.gz`, await zipped(lines(['{"n":2}', '{"n":3}'])));
  await objects.put(`${below}0000000001.json`, lines(['{"n":1}']));
  assert.equal((await spooled(objects)).text, '{"n":1}\n{"n":2}\n{"n":3}\n');
});

Deno.test("what is no object of a sink is not read, and named", async () => {
  const objects = new MemoryObjects().land("pin", 0, 0, ['{"n":1}']);
  await objects.put(`topics/${topic}/_SUCCESS`, new Uint8Array());
  await objects.put(`topics/${topic}/partition=0/${topic}+0+0000000001.avro`, new Uint8Array(9));
  const { text, ignoredKeys } = await spooled(objects);
  assert.equal(text, '{"n":1}\n');
  assert.deepEqual(ignoredKeys, [
    `topics/${topic}/_SUCCESS`,
    `topics/${topic}/partition=0/${topic}+0+0000000001.avro`,
  ]);
});

Deno.test("another delimiter in file names is followed", async () => {
  const objects = new MemoryObjects();
  await objects.put(`topics/${topic}/partition=0/${topic}_0_7.json`, lines(['{"n":1}']));
  const { objects: found } = await spooled(objects, { plus: "_" });
  assert.equal(found[0]?.startOffset, 7n);
});

Deno.test("5,000 objects of one line are fetched many at a time and stay in order", async () => {
  const objects = new MemoryObjects();
  for (let at = 0; at < 5_000; at++) objects.land("pin", 0, at, [pin(at)]);
  let open = 0;
  let most = 0;
  const slow: Readable = {
    list: (prefix) => objects.list(prefix),
    async get(key) {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setTimeout(resolve, 0));
      open--;
      return await objects.get(key);
    },
  };
  const { text, lineCount } = await spooled(slow);
  assert.equal(lineCount, 5_000);
  assert.deepEqual(
    text.trimEnd().split("\n").map((line) => JSON.parse(line).index),
    Array.from({ length: 5_000 }, (_, at) => at),
  );
  assert.ok(most > 8 && most <= 32, `${most} at a time`);
});

Deno.test("a body that breaks off goes on where it was, and nothing stands there twice", async () => {
  const objects = new MemoryObjects({ chunkBytes: 100 });
  for (let at = 0; at < 5; at++) objects.land("pin", 0, at * 5, [0, 1, 2, 3, 4].map((n) => pin(n)));
  const attempts = new Map<string, number>();
  const breaking: Readable = {
    list: (prefix) => objects.list(prefix),
    async get(key) {
      const body = await objects.get(key);
      const attempt = attempts.get(key) ?? 0;
      attempts.set(key, attempt + 1);
      return body && attempt < 2 ? ReadableStream.from(cutShort(body, attempt === 0)) : body;
    },
  };
  assert.equal((await spooled(breaking)).text, (await spooled(objects)).text);
});

async function* cutShort(body: AsyncIterable<Uint8Array>, silently: boolean) {
  let count = 0;
  for await (const chunk of body) {
    if (count++ === 3) {
      if (silently) return;
      throw new TypeError("connection reset");
    }
    yield chunk;
  }
}

Deno.test("an object that cannot be read ends the run with its name", async () => {
  const objects = new MemoryObjects().land("pin", 0, 0, [pin(1)]);
  const key = landedKey("pin", 0, 0);
  const broken: Readable = {
    list: (prefix) => objects.list(prefix),
    get: () => Promise.resolve(ReadableStream.from(cutShort(ReadableStream.from([]), false))),
  };
  await assert.rejects(
    spooled(broken),
    (error) => error instanceof OutsideError && error.message.includes(key),
  );
  const gone: Readable = {
    list: (prefix) => objects.list(prefix),
    get: () => Promise.resolve(undefined),
  };
  await assert.rejects(
    spooled(gone),
    (error) =>
      error instanceof RunError && error.message === `Cannot read ${key}: it was there and is gone`,
  );
});

Deno.test("an object that is said to be compressed and is not ends the run with its name", async () => {
  const objects = new MemoryObjects();
  await objects.put(`topics/${topic}/partition=0/${topic}+0+0.json.gz`, lines(['{"n":1}']));
  await assert.rejects(
    spooled(objects),
    (error) => error instanceof RunError && error.message.includes(`${topic}+0+0.json.gz`),
  );
});

Deno.test("an abort ends the fetching", async () => {
  const objects = new MemoryObjects().land("pin", 0, 0, [pin(1)]).land("pin", 0, 1, [pin(2)]);
  const reason = new Error("stop");
  await assert.rejects(spooled(objects, { signal: AbortSignal.abort(reason) }), reason);
});
