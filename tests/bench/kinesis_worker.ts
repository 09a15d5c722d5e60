/**
 * The two servers that tests/bench/kinesis_bench.ts compares, in a Worker as in the simulator:
 * Kinesis itself, and a floor that reads a request and answers with the same bytes each time.
 */
import { createServer } from "node:http";
import { noFaults } from "../../sim/faults/plan.ts";
import { startKinesis } from "../../sim/kinesis/mod.ts";
import { worldFromSeed } from "../../sim/world.ts";

export interface BenchPlan {
  dir: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** Records of a page that the floor answers with, and the bytes in each. */
  pageRecords: number;
  recordBytes: number;
}

/** A page of records as Kinesis would answer it. */
function page({ pageRecords, recordBytes }: BenchPlan): Uint8Array {
  const record = {
    ApproximateArrivalTimestamp: 1_795_000_000.123,
    Data: btoa("d".repeat(recordBytes)),
    PartitionKey: "12345",
    SequenceNumber: "49660000000000000000000000000000000000000000000000000001",
  };
  const Records = Array.from({ length: pageRecords }, () => record);
  const NextShardIterator = "A".repeat(224);
  return new TextEncoder().encode(
    JSON.stringify({ MillisBehindLatest: 0, NextShardIterator, Records }),
  );
}

function startFloor(plan: BenchPlan): Promise<number> {
  const [empty, full] = [new TextEncoder().encode("{}"), page(plan)];
  const server = createServer((incoming, outgoing) => {
    incoming.on("data", () => {});
    incoming.on("end", () => {
      const isRead = incoming.headers["x-amz-target"] === "Kinesis_20131202.GetRecords";
      const body = isRead ? full : empty;
      outgoing.writeHead(200, {
        "Content-Type": "application/x-amz-json-1.1",
        "Content-Length": body.length,
      }).end(body);
    });
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

self.addEventListener("message", async ({ data }: MessageEvent<BenchPlan>) => {
  const { dir, region, credentials } = data;
  const startedMs = performance.now();
  const kinesis = await startKinesis(
    { world: worldFromSeed(1), faults: noFaults, dir },
    { port: 0, region, credentials: [credentials], limits: "off" },
  );
  const startMs = performance.now() - startedMs;
  self.postMessage({ kinesis: kinesis.port, floor: await startFloor(data), startMs });
});
