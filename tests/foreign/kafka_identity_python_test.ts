/**
 * Judges: confluent-kafka (librdkafka, C) and kafka-python, with AWS's Python signer for MSK.
 *
 * Covers OAUTHBEARER with a user's key and a role's session, SCRAM-SHA-512 and TLS alone; a wrong
 * secret and password; a topic that may not be written.
 */
import assert from "node:assert/strict";
import type { AccessKey } from "../../sim/iam/principal.ts";
import { Judge } from "./judge.ts";
import {
  type IdentityWorld,
  identityWorld,
  linesOf,
  longLived,
  region,
  temporary,
  topicAuthorizationFailed,
  user,
  withWrongSecret,
} from "./kafka_identity_world.ts";
import { kafkaPython } from "./tools.ts";

/** As kafka_identity_judge.py takes it. */
type Login = Record<string, string | null>;

function logins(world: IdentityWorld) {
  const ca = world.caFile;
  const iam = ({ accessKeyId, secretAccessKey, sessionToken }: AccessKey): Login => ({
    ...{ brokers: world.at("iam"), ca, region },
    ...{ key: accessKeyId, secret: secretAccessKey, token: sessionToken },
  });
  const scram = (password: string): Login => ({
    ...{ brokers: world.at("scram"), ca },
    ...{ user: user.name, password },
  });
  return { ca, iam, scram, tls: { brokers: world.at("tls"), ca } };
}

/**
 * kafka-python 3.0.12 forgets an answer that comes together with the end of its connection, and so
 * may say no more than that it found nobody.
 */
const refusals = {
  "confluent-kafka": { key: /Access denied/, password: /authentication failed/i },
  "kafka-python": {
    key: /Access denied|Unable to bootstrap/,
    password: /authentication failed|Unable to bootstrap/i,
  },
};

for (const library of ["confluent-kafka", "kafka-python"] as const) {
  Deno.test(`${library} judges the identity of the simulated Kafka`, async (t) => {
    await using world = await identityWorld("user", "role", "scram", "tls");
    const { iam, scram, tls } = logins(world);
    const script = "kafka_identity_judge.py";
    await using judge = await Judge.start(await kafkaPython(), script, library);
    const ways = { user: iam(longLived), role: iam(temporary), scram: scram(user.password), tls };

    for (const [topic, login] of Object.entries(ways)) {
      await t.step(`gets back what it produced by ${topic}`, async () => {
        const values = linesOf(topic);
        assert.deepEqual(await judge.ask("produce", { login, topic, values }), values.map(() => 0));
        const question = { login, topic, group: `of-${topic}`, count: values.length };
        assert.deepEqual(await judge.ask("consume", question), values);
      });
    }

    await t.step("is refused with a wrong secret and a wrong password", async () => {
      const question = { topic: "role", values: ["never"] };
      const login = iam(withWrongSecret(temporary));
      const words = refusals[library];
      assert.match(String(await judge.ask("produce", { ...question, login })), words.key);
      const guess = await judge.ask("produce", { ...question, login: scram("guess") });
      assert.match(String(guess), words.password);
    });

    await t.step("may not write a closed topic", async () => {
      const question = { login: iam(temporary), topic: "closed", values: ["never"] };
      assert.deepEqual(await judge.ask("produce", question), [topicAuthorizationFailed]);
    });
  });
}
