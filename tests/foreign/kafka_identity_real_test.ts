/**
 * Judge: a real Apache Kafka 4 broker, with TLS and SCRAM-SHA-512, of the pipelines' own client.
 *
 * Covers topics, reading and committing through many sessions, each of which ends after seconds
 * (KIP-368), a wrong password, another kind of login, and a certificate that nobody vouches for.
 */
import assert from "node:assert/strict";
import { Kafka, logLevel } from "kafkajs";
import { openKafka } from "../../pipelines/clients/kafka.ts";
import { sleep } from "../../pipelines/clients/retry.ts";
import { OutsideError } from "../../pipelines/errors.ts";
import { type KafkaTarget, Secret } from "../../pipelines/target.ts";
import { serverIdentity } from "../../sim/storage/authority.ts";
import { readOn } from "../pipelines/clients/kafka_world.ts";
import { startKafkaBroker } from "./real_servers.ts";

const options = {
  timing: { nowMs: () => performance.now(), random: () => 0.5, sleep },
  limits: { limitMs: 30_000, baseMs: 20, capMs: 100 },
};
const login = { user: "alice", password: "hush" };

/** kafkajs renews ten seconds before the end: so about every second here. */
const sessionMs = 11_000;

async function refusalOf(target: KafkaTarget): Promise<string> {
  await using kafka = await openKafka(target, options);
  const error = await kafka.ensureTopics(["t"], 1).then(() => null, (error: unknown) => error);
  assert.ok(error instanceof OutsideError && !error.retryable, String(error));
  return error.message;
}

Deno.test("A real Kafka with SCRAM and TLS judges the pipelines' client", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "judged-" });
  const { key, certificate, caFile } = serverIdentity(`${folder}/tls`, Date.now());
  try {
    await using real = await startKafkaBroker(`${folder}/kafka`, {
      ...{ ...login, sessionMs, key, certificate },
    });
    const auth = {
      kind: "scram",
      username: login.user,
      password: new Secret(login.password),
    } as const;
    const target: KafkaTarget = { brokers: [real.secure], tls: { caFile }, auth };

    await t.step("who is not let in is told why, at once", async () => {
      const wrong = { ...target, auth: { ...auth, password: new Secret("guess") } };
      assert.match(await refusalOf(wrong), /refused the user alice .*check KAFKA_USERNAME/);
      assert.match(await refusalOf({ ...target, tls: { caFile: null } }), /check KAFKA_CA_FILE/);
      const credentials = {
        accessKeyId: "A",
        secretAccessKey: new Secret("s"),
        sessionToken: null,
      };
      const iam = { kind: "iam", region: "us-east-1", credentials } as const;
      assert.match(await refusalOf({ ...target, auth: iam }), /check KAFKA_AUTH and the ports/);
    });

    await t.step(
      "sessions are renewed while it reads and commits, and nothing is lost",
      async () => {
        await using kafka = await openKafka(target, options);
        await kafka.ensureTopics(["t"], 1);
        await using consumer = await kafka.consume(["t"], "connect-g");
        const plain = new Kafka({ brokers: [real.broker], logLevel: logLevel.NOTHING });
        const producer = plain.producer();
        await producer.connect();
        const wanted = Array.from({ length: 250 }, (_, index) => String(index));
        const producing = (async () => {
          for (const value of wanted) {
            await producer.send({ topic: "t", messages: [{ value }] });
            await sleep(20);
          }
        })();
        const { found, assignedCount } = await readOn(
          consumer,
          (found) => found.length >= wanted.length,
        );
        await producing;
        await producer.disconnect();
        assert.deepEqual(found, wanted);
        assert.equal(assignedCount, 1, "no rebalance came of it");
      },
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
