/** What clients of the proxy are told when Kafka does not let it in, or not near something. */
import assert from "node:assert/strict";
import { noFaults } from "../../../sim/faults/plan.ts";
import { userKey } from "../../../sim/iam/principal.ts";
import { startKafkaRest } from "../../../sim/kafka_rest/mod.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { type FakeBroker, startFakeBroker } from "./fake_broker.ts";

const json = "application/vnd.kafka.json.v2+json";
const key = userKey({ accessKeyId: "AKIAPROXY", secretAccessKey: "s" }, "111122223333", "proxy");

async function withRest(
  use: (
    broker: FakeBroker,
    ask: (path: string, records?: unknown[]) => Promise<{ status: number; body: unknown }>,
  ) => Promise<void>,
): Promise<void> {
  await using broker = startFakeBroker();
  await using rest = await startKafkaRest({ world: worldFromSeed(1), faults: noFaults, dir: "" }, {
    brokers: [`127.0.0.1:${broker.port}`],
    maxBlockMs: 30,
    deliveryTimeoutMs: 80,
    retryBackoffMs: 5,
    auth: { region: "us-east-1", credentials: () => key },
  });
  await use(broker, async (path, records) => {
    const response = await fetch(`http://127.0.0.1:${rest.port}${path}`, {
      ...(records === undefined ? {} : {
        method: "POST",
        headers: { "content-type": json },
        body: JSON.stringify({ records }),
      }),
    });
    return { status: response.status, body: await response.json() };
  });
}

/** As it stands in an answer of the producer. */
const entry = (error_code: number, error: string) => ({
  partition: null,
  offset: null,
  error_code,
  error,
});

Deno.test("A login that Kafka refuses is 401 for every record, with the broker's words", () =>
  withRest(async (broker, ask) => {
    // As often as it is tried: each record asks for the topic anew.
    broker.sasl.script = Array.from({ length: 9 }, () => ({ refused: "[5a3c]: Access denied" }));
    assert.deepEqual(await ask("/topics/t", [{ value: 1 }, { value: 2 }]), {
      status: 401,
      body: {
        offsets: [entry(40101, "[5a3c]: Access denied"), entry(40101, "[5a3c]: Access denied")],
        key_schema_id: null,
        value_schema_id: null,
      },
    });
    assert.deepEqual(broker.stored, []);
  }));

Deno.test("A login that Kafka refuses is 401 for a question too", () =>
  withRest(async (broker, ask) => {
    broker.sasl.script = [{ refused: "[5a3c]: Access denied" }];
    assert.deepEqual(await ask("/topics"), {
      status: 401,
      body: { error_code: 40101, message: "[5a3c]: Access denied" },
    });
  }));

Deno.test("A topic that may not be seen is 403, in the words of the admin client", () =>
  withRest(async (broker, ask) => {
    broker.topicErrors.set("t", 29);
    assert.deepEqual(await ask("/topics/t"), {
      status: 403,
      body: { error_code: 40301, message: "Topic authorization failed." },
    });
  }));
