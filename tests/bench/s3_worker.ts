/**
 * The two servers that tests/bench/s3_bench.ts compares, in a Worker as in the simulator: S3
 * itself, and a floor that keeps the last few bodies in a map and checks nothing.
 */
import { createServer } from "node:http";
import { noFaults } from "../../sim/faults/plan.ts";
import { startS3 } from "../../sim/s3/mod.ts";
import { worldFromSeed } from "../../sim/world.ts";
import { testDoor } from "../sim/keys.ts";

export interface BenchPlan {
  dir: string;
  bucket: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

const keptMax = 16;
const isRead = (url: string) => url.includes("/get/");

function startFloor(): Promise<number> {
  const kept = new Map<string, Uint8Array>();
  const server = createServer((incoming, outgoing) => {
    const pieces: Uint8Array[] = [];
    incoming.on("data", (piece: Uint8Array) => pieces.push(piece));
    incoming.on("end", () => {
      if (incoming.method !== "PUT") return void outgoing.end(kept.get(incoming.url ?? ""));
      // The oldest goes, but not those that are read again.
      const oldest = kept.size < keptMax ? undefined : kept.keys().find((url) => !isRead(url));
      if (oldest !== undefined) kept.delete(oldest);
      kept.set((incoming.url ?? "").split("?")[0] + "?x-id=GetObject", Buffer.concat(pieces));
      outgoing.writeHead(200, { ETag: '"0"', "Content-Length": 0 }).end();
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
  const { dir, bucket, credentials } = data;
  const startedMs = performance.now();
  const s3 = await startS3(
    { world: worldFromSeed(1), faults: noFaults, dir },
    { region: "us-east-1", door: testDoor(credentials), buckets: [bucket] },
  );
  const startMs = performance.now() - startedMs;
  self.postMessage({ s3: s3.port, floor: await startFloor(), startMs });
});
