/**
 * Judge: kafkajs with AWS's JavaScript signer for MSK, put together as the signer's README says.
 *
 * Covers OAUTHBEARER over TLS with a user's key and a role's session, a wrong secret, and a topic
 * that may not be written.
 */
import assert from "node:assert/strict";
import { generateAuthTokenFromCredentialsProvider } from "aws-msk-iam-sasl-signer-js";
import { Kafka, logLevel } from "kafkajs";
import type { AccessKey } from "../../sim/iam/principal.ts";
import {
  type IdentityWorld,
  identityWorld,
  linesOf,
  longLived,
  region,
  temporary,
  topicAuthorizationFailed,
  withWrongSecret,
} from "./kafka_identity_world.ts";

function kafkaAs(key: AccessKey, world: IdentityWorld): Kafka {
  const { accessKeyId, secretAccessKey, sessionToken } = key;
  const credentials = {
    ...{ accessKeyId, secretAccessKey },
    ...(sessionToken === null ? {} : { sessionToken }),
  };
  const oauthBearerProvider = async () => {
    const { token } = await generateAuthTokenFromCredentialsProvider({
      region,
      awsCredentialsProvider: () => Promise.resolve(credentials),
    });
    return { value: token };
  };
  return new Kafka({
    brokers: [world.at("iam")],
    ssl: { ca: [Deno.readTextFileSync(world.caFile)] },
    sasl: { mechanism: "oauthbearer", oauthBearerProvider },
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 20, retries: 2 },
  });
}

async function produce(kafka: Kafka, topic: string, values: string[]): Promise<void> {
  const producer = kafka.producer();
  try {
    await producer.connect();
    await producer.send({ topic, messages: values.map((value) => ({ value })) });
  } finally {
    await producer.disconnect();
  }
}

async function consume(kafka: Kafka, topic: string, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: `of-${topic}`, maxWaitTimeInMs: 50 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const found: string[] = [];
  await new Promise<void>((resolve, reject) => {
    consumer.run({
      eachMessage: ({ message }) => {
        found.push(String(message.value));
        if (found.length === count) resolve();
        return Promise.resolve();
      },
    }).catch(reject);
  });
  await consumer.disconnect();
  return found;
}

Deno.test("kafkajs with AWS's signer judges the identity of the simulated Kafka", async (t) => {
  await using world = await identityWorld("by-user", "by-role");
  for (const [topic, key] of [["by-user", longLived], ["by-role", temporary]] as const) {
    await t.step(`gets back what it produced ${topic}`, async () => {
      const kafka = kafkaAs(key, world);
      const lines = linesOf(topic);
      await produce(kafka, topic, lines);
      assert.deepEqual(await consume(kafka, topic, lines.length), lines);
    });
  }

  await t.step("is refused with a wrong secret", async () => {
    const kafka = kafkaAs(withWrongSecret(temporary), world);
    await assert.rejects(produce(kafka, "by-role", ["never"]), /Access denied/);
  });

  await t.step("may not write a closed topic", async () => {
    await assert.rejects(produce(kafkaAs(temporary, world), "closed", ["never"]), {
      type: "TOPIC_AUTHORIZATION_FAILED",
      code: topicAuthorizationFailed,
    });
  });
});
