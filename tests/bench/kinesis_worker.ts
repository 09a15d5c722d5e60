/**
 * The two servers that tests/bench/kinesis_bench.ts compares, in a Worker as in the simulator:
 * Kinesis itself, and a floor that reads a request and answers with the same bytes each time:
 * nothing below `/empty`, otherwise as much as Kinesis would.
 */
import { createServer } from "node:http";
import { noFaults } from "../../sim/faults/plan.ts";
import { startKinesis } from "../../sim/kinesis/mod.ts";
import { worldFromSeed } from "../../sim/world.ts";
import { testDoor } from "../sim/keys.ts";

export interface BenchPlan {
  dir: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** Records of a put. */
  batchRecords: number;
  /** Records of a page that the floor answers with, and the bytes in each. */
  pageRecords: number;
  recordBytes: number;
}

const SequenceNumber = "49660000000000000000000000000000000000000000000000000001";

/** Answers as Kinesis would give them, by action. */
function answersOf({ batchRecords, pageRecords, recordBytes }: BenchPlan) {
  const put = { SequenceNumber, ShardId: "shardId-000000000001" };
  const record = {
    ApproximateArrivalTimestamp: 1_795_000_000.123,
    Data: btoa("d".repeat(recordBytes)),
    PartitionKey: "12345",
    SequenceNumber,
  };
  const many = <T>(count: number, one: T) => Array.from({ length: count }, () => one);
  return {
    PutRecord: put,
    PutRecords: { FailedRecordCount: 0, Records: many(batchRecords, put) },
    GetRecords: {
      MillisBehindLatest: 0,
      NextShardIterator: "A".repeat(224),
      Records: many(pageRecords, record),
    },
  };
}

function startFloor(plan: BenchPlan): Promise<number> {
  const bytes = (answer: unknown) => new TextEncoder().encode(JSON.stringify(answer));
  const bodies = new Map(
    Object.entries(answersOf(plan)).map(([action, answer]) => [action, bytes(answer)]),
  );
  const empty = bytes({});
  const server = createServer((incoming, outgoing) => {
    incoming.on("data", () => {});
    incoming.on("end", () => {
      const action = String(incoming.headers["x-amz-target"]).split(".")[1] ?? "";
      const isEmpty = incoming.url?.startsWith("/empty");
      const body = (isEmpty ? undefined : bodies.get(action)) ?? empty;
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
    { port: 0, region, door: testDoor(credentials), limits: "off" },
  );
  const startMs = performance.now() - startedMs;
  self.postMessage({ kinesis: kinesis.port, floor: await startFloor(data), startMs });
});
