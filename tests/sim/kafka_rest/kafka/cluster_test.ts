import assert from "node:assert/strict";
import { Cluster } from "../../../../sim/kafka_rest/kafka/cluster.ts";
import { KafkaError, KafkaNetworkError } from "../../../../sim/kafka_rest/kafka/errors.ts";
import { offsetFetch } from "../../../../sim/kafka_rest/kafka/requests.ts";
import { worldFromSeed } from "../../../../sim/world.ts";
import { startFakeBroker } from "../fake_broker.ts";

const partition = { topic: "t", partition: 0 };

function clusterFor(ports: number[], requestTimeoutMs = 1000) {
  return new Cluster(worldFromSeed(1), {
    bootstrap: ports.map((port) => `127.0.0.1:${port}`),
    requestTimeoutMs,
    retryBackoffMs: 5,
    reconnectBackoffMs: 20,
    reconnectBackoffMaxMs: 40,
  });
}

Deno.test("The coordinator is asked again while there is none or it is loading", async () => {
  await using broker = startFakeBroker();
  // FindCoordinator: not available, twice; then found, but loading, then not the right one.
  broker.coordinatorScript = [15, 15, 0, 14, 0, 16];
  using cluster = clusterFor([broker.port]);
  const committed = await cluster.sendToCoordinator("g", offsetFetch("g", [partition]));
  assert.deepEqual(committed, [{ ...partition, offset: 5n, metadata: "", error: 0 }]);
});

Deno.test("A coordinator that never comes is given up, and a denied group at once", async () => {
  await using broker = startFakeBroker();
  using cluster = clusterFor([broker.port], 30);
  const ask = () => cluster.sendToCoordinator("g", offsetFetch("g", [partition]));
  broker.coordinatorScript = Array.from({ length: 1000 }, () => 15);
  await assert.rejects(ask(), (error) => error instanceof KafkaError && error.code === 15);
  broker.coordinatorScript = [30];
  await assert.rejects(
    ask(),
    (error) => error instanceof KafkaError && error.kind === "authorization",
  );
});

Deno.test("Any bootstrap address that answers will do", async () => {
  const gone = startFakeBroker();
  await gone[Symbol.asyncDispose]();
  await using broker = startFakeBroker();
  using cluster = clusterFor([gone.port, broker.port]);
  const { brokers } = await cluster.metadata([]);
  assert.deepEqual(brokers, [{ id: 1, host: "127.0.0.1", port: broker.port }]);
});

Deno.test("A broker that is gone is not tried again before its pause is over", async () => {
  const gone = startFakeBroker();
  await gone[Symbol.asyncDispose]();
  using cluster = clusterFor([gone.port]);
  const words: string[] = [];
  for (let attempt = 0; attempt < 2; attempt++) {
    await assert.rejects(cluster.metadata([]), (error) => {
      words.push(error instanceof KafkaNetworkError ? error.message : "");
      return true;
    });
  }
  assert.match(words[0] ?? "", /failed/);
  assert.match(words[1] ?? "", /waits before it is tried again/);
});

Deno.test("One refresh serves all who ask for a topic at once, and its answer is kept", async () => {
  await using broker = startFakeBroker();
  broker.topics.set("t", 3);
  using cluster = clusterFor([broker.port]);
  assert.equal(cluster.known("t"), undefined);
  await Promise.all([cluster.refresh("t", true), cluster.refresh("t", true)]);
  assert.deepEqual([...cluster.known("t")?.keys() ?? []], [0, 1, 2]);
  assert.equal(cluster.leaderOf("t", 2), 1);
  assert.equal(cluster.leaderOf("t", 3), -1);
});
