/**
 * S3 through the vendor's client, eight requests in flight, beside a floor in the same run: a
 * handler that keeps the last few bodies in memory and checks nothing.
 *
 *   deno run <the offline permissions> tests/bench/s3_bench.ts [folder for the files]
 */
import { Buffer } from "node:buffer";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";

const bucket = "bench-bucket";
const credentials = { accessKeyId: "AKIDBENCH", secretAccessKey: "bench-secret" };
const inFlight = 8;
const rounds = 9;

function clientOf(port: number): S3Client {
  const endpoint = `http://127.0.0.1:${port}`;
  return new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true, credentials });
}

/** Requests per second. */
async function rate(count: number, request: () => Promise<unknown>): Promise<number> {
  let next = 0;
  const startMs = performance.now();
  await Promise.all(Array.from({ length: inFlight }, async () => {
    while (next++ < count) await request();
  }));
  return count / (performance.now() - startMs) * 1000;
}

/** A new key each time: what a sink does. */
let keyCount = 0;

const put = (client: S3Client, body: Uint8Array) => () => {
  const Key = `put/${keyCount++}`;
  return client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: body }));
};

const get = (client: S3Client, body: Uint8Array) => async () => {
  const { Body } = await client.send(
    new GetObjectCommand({ Bucket: bucket, Key: `get/${body.length}` }),
  );
  const bytes = await Body?.transformToByteArray();
  if (bytes?.length !== body.length) throw new Error(`Read ${bytes?.length} of ${body.length}`);
};

type Work = (client: S3Client, body: Uint8Array) => () => Promise<unknown>;

/** Best of many short rounds, the two servers in turn, so that both see the same quiet moments. */
async function compare(name: string, work: Work, count: number, size: number): Promise<void> {
  const body = Buffer.alloc(size, "0123456789abcdef");
  for (const client of [clients.s3, clients.floor]) {
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: `get/${size}`, Body: body }));
  }
  const best = { s3: 0, floor: 0 };
  for (let round = 0; round < rounds; round++) {
    best.floor = Math.max(best.floor, await rate(count, work(clients.floor, body)));
    best.s3 = Math.max(best.s3, await rate(count, work(clients.s3, body)));
  }
  const share = `${(best.s3 / best.floor * 100).toFixed(0)} %`;
  const unit = size < 1_048_576 ? "requests/s" : "MiB/s";
  const shown = (perSecond: number) =>
    (size < 1_048_576 ? perSecond : perSecond * size / 1_048_576).toFixed(0);
  console.log(`${name.padEnd(10)} ${shown(best.s3)} ${unit}, floor ${shown(best.floor)}: ${share}`);
}

/**
 * What the disk itself takes for a small file: a bare write and rename. Where many files were
 * removed in the last minutes, ext4 takes up to twenty times as long, and so does every PUT: a
 * second run wants another folder.
 */
function bareFileMicroseconds(folder: string): number {
  const [count, bytes] = [300, new Uint8Array(1024)];
  const startMs = performance.now();
  for (let index = 0; index < count; index++) {
    Deno.writeFileSync(`${folder}/new`, bytes);
    Deno.renameSync(`${folder}/new`, `${folder}/bare-${index}`);
  }
  return (performance.now() - startMs) / count * 1000;
}

const [parent] = Deno.args;
const makeFolder = () => Deno.makeTempDirSync(parent === undefined ? {} : { dir: parent });
const [dir, bareDir] = [makeFolder(), makeFolder()];
console.log(
  `a bare file of 1 KiB, written and renamed: ${bareFileMicroseconds(bareDir).toFixed(0)} us`,
);
const worker = new Worker(new URL("./s3_worker.ts", import.meta.url), { type: "module" });
const ports = await new Promise<{ s3: number; floor: number; startMs: number }>((resolve) => {
  worker.onmessage = ({ data }) => resolve(data);
  worker.postMessage({ dir, bucket, credentials });
});
const clients = { s3: clientOf(ports.s3), floor: clientOf(ports.floor) };
console.log(`ready after ${ports.startMs.toFixed(1)} ms`);
await rate(200, put(clients.floor, new Uint8Array(1024)));
await rate(200, put(clients.s3, new Uint8Array(1024)));
await compare("PUT 1 KiB", put, 500, 1024);
await compare("GET 1 KiB", get, 500, 1024);
await compare("PUT 8 MiB", put, 16, 8 * 1_048_576);
await compare("GET 8 MiB", get, 16, 8 * 1_048_576);
console.log(
  `peak memory ${(Deno.memoryUsage().rss / 1_048_576).toFixed(0)} MiB, clients and both servers`,
);
worker.terminate();
for (const folder of [dir, bareDir]) Deno.removeSync(folder, { recursive: true });
