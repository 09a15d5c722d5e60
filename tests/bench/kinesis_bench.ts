/**
 * Kinesis through the vendor's client over HTTP/1.1, beside two floors in the same run: a handler
 * that reads the request and answers with the same bytes each time, as many as Kinesis would, or
 * none (so that the client has nothing to read either). All in turn, medians.
 *
 * Targets: PutRecords of 500 x 200 bytes, four in flight, at least 40,000 records/s and at least
 * 60 % of an empty handler.
 *
 *   deno run <the offline permissions> tests/bench/kinesis_bench.ts [folder for the files]
 */
import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  waitUntilStreamExists,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { BenchPlan } from "./kinesis_worker.ts";
import { median } from "./median.ts";

const [stream, shardCount] = ["bench", 4];
const [batchRecords, recordBytes, pageRecords] = [500, 200, 10_000];
const rounds = 9;
const credentials = { accessKeyId: "AKIDBENCH", secretAccessKey: "bench-secret" };
const region = "us-east-1";

function clientOf(port: number, path = ""): KinesisClient {
  return new KinesisClient({
    endpoint: `http://127.0.0.1:${port}${path}`,
    region,
    credentials,
    requestHandler: new NodeHttpHandler({ httpAgent: { keepAlive: true, maxSockets: 64 } }),
  });
}

/** What `request` returns, summed, per second. */
async function rate(
  count: number,
  inFlight: number,
  request: () => Promise<number>,
): Promise<number> {
  let [next, sum] = [0, 0];
  const startMs = performance.now();
  await Promise.all(Array.from({ length: inFlight }, async () => {
    while (next++ < count) {
      const done = await request(); // Others add while this one waits.
      sum += done;
    }
  }));
  return sum / (performance.now() - startMs) * 1000;
}

const Data = new TextEncoder().encode("d".repeat(recordBytes));
let keyCount = 0;

const putRecords = (client: KinesisClient) => async () => {
  const Records = Array.from({ length: batchRecords }, () => ({
    PartitionKey: String(keyCount++),
    Data,
  }));
  const answer = await client.send(new PutRecordsCommand({ StreamName: stream, Records }));
  if (answer.FailedRecordCount) throw new Error(`${answer.FailedRecordCount} records failed`);
  return batchRecords;
};

const putRecord = (client: KinesisClient) => async () => {
  const PartitionKey = String(keyCount++);
  await client.send(new PutRecordCommand({ StreamName: stream, PartitionKey, Data }));
  return 1;
};

/** Full pages only: a shard is read again from its beginning before its end. */
const getRecords = (client: KinesisClient, iterators: readonly string[]) => {
  let turn = 0;
  return async () => {
    const ShardIterator = iterators[turn++ % iterators.length];
    const { Records = [] } = await client.send(
      new GetRecordsCommand({ ShardIterator, Limit: pageRecords }),
    );
    if (Records.length !== pageRecords) throw new Error(`A page of ${Records.length} records`);
    return Records.length;
  };
};

async function beginnings(client: KinesisClient): Promise<string[]> {
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: stream }));
  return await Promise.all(Shards.map(async ({ ShardId }) => {
    const { ShardIterator = "" } = await client.send(
      new GetShardIteratorCommand({
        ...{ StreamName: stream, ShardId, ShardIteratorType: "TRIM_HORIZON" },
      }),
    );
    return ShardIterator;
  }));
}

/** One line: Kinesis, and each floor with what share of it Kinesis reaches. */
async function compare(
  name: string,
  count: number,
  inFlight: number,
  work: (client: KinesisClient) => () => Promise<number>,
  servers: readonly (keyof typeof clients)[] = ["kinesis", "same", "empty"],
): Promise<void> {
  const rates = new Map(
    servers.map((server) => [server, { work: work(clients[server]), all: [] as number[] }]),
  );
  for (let round = -1; round < rounds; round++) {
    for (const { work, all } of rates.values()) {
      const found = await rate(count, inFlight, work);
      if (round >= 0) all.push(found); // The first round warms up.
    }
  }
  const shown = (perSecond: number) => Math.round(perSecond).toLocaleString("en-GB");
  const kinesis = median(rates.get("kinesis")?.all ?? []);
  const floors = servers.slice(1).map((server) => {
    const floor = median(rates.get(server)?.all ?? []);
    const share = `${(kinesis / floor * 100).toFixed(0)} %`;
    return `${server === "same" ? "floor" : "empty floor"} ${shown(floor)}: ${share}`;
  });
  console.log(`${name.padEnd(32)} ${[`${shown(kinesis)} records/s`, ...floors].join(", ")}`);
}

const [parent] = Deno.args;
const dir = await Deno.makeTempDir(parent === undefined ? {} : { dir: parent });
const worker = new Worker(new URL("./kinesis_worker.ts", import.meta.url), { type: "module" });
const ports = await new Promise<{ kinesis: number; floor: number; startMs: number }>((resolve) => {
  worker.onmessage = ({ data }) => resolve(data);
  const plan: BenchPlan = { dir, region, credentials, batchRecords, pageRecords, recordBytes };
  worker.postMessage(plan);
});
const clients = {
  kinesis: clientOf(ports.kinesis),
  same: clientOf(ports.floor),
  empty: clientOf(ports.floor, "/empty"),
};
console.log(`ready after ${ports.startMs.toFixed(1)} ms`);
await clients.kinesis.send(
  new CreateStreamCommand({ StreamName: stream, ShardCount: shardCount }),
);
await waitUntilStreamExists(
  { client: clients.kinesis, maxWaitTime: 30 },
  { StreamName: stream },
);
await compare(`PutRecords x ${batchRecords}, 4 in flight`, 100, 4, putRecords);
await compare("PutRecord, 8 in flight", 1000, 8, putRecord);
const iterators = await beginnings(clients.kinesis);
await compare(
  `GetRecords x ${pageRecords}, 4 in flight`,
  20,
  4,
  (client) => getRecords(client, iterators),
  ["kinesis", "same"],
);
console.log(
  `peak memory ${(Deno.memoryUsage().rss / 1_048_576).toFixed(0)} MiB, client and servers`,
);
worker.terminate();
for (const client of Object.values(clients)) client.destroy();
await Deno.remove(dir, { recursive: true });
