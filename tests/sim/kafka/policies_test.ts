/** The broker behind the real account: what policies say decides, from the next request on. */
import assert from "node:assert/strict";
import { type Admin, Kafka, logLevel, type Producer } from "kafkajs";
import { alice, opened, policy, seed } from "../iam/account/support.ts";
import { mskToken } from "./sasl/tokens.ts";
import { startTestBroker, type TestBroker } from "./support.ts";

interface Place {
  broker: TestBroker;
  kafka: Kafka;
  admin: Admin;
  producer: Producer;
  /** Gives alice these statements and no others. */
  grant(...statements: unknown[]): void;
  arnOf(type: string, name: string): string;
}

interface PlaceOptions {
  isTls?: boolean;
  loopbackIsSecure?: boolean;
}

async function withPlace(
  test: (place: Place) => Promise<void>,
  { isTls = false, loopbackIsSecure = true }: PlaceOptions = {},
): Promise<void> {
  const users = [{ ...alice, policies: {} }];
  using world = opened({ seed: { ...seed, users }, loopbackIsSecure });
  const { account } = world;
  await using broker = await startTestBroker({
    listeners: { iam: { port: 0, tls: isTls } },
    door: account,
    topics: ["posts", "other"],
  });
  const key = { ...alice, sessionToken: null };
  const kafka = new Kafka({
    brokers: [broker.address],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    ...(isTls ? { ssl: { ca: [Deno.readTextFileSync(broker.caFile ?? "")] } } : {}),
    sasl: {
      mechanism: "oauthbearer",
      oauthBearerProvider: async () => ({ value: await mskToken(key) }),
    },
  });
  const [admin, producer] = [kafka.admin(), kafka.producer()];
  const grant = (...statements: unknown[]) =>
    account.change(({ users }) => users.get("alice")?.inline.set("kafka", policy(...statements)));
  const arnOf = (type: string, name: string) =>
    `${broker.clusterArn.replace(":cluster/", `:${type}/`)}${name}`;
  try {
    await test({ broker, kafka, admin, producer, grant, arnOf });
  } finally {
    await admin.disconnect();
    await producer.disconnect();
  }
}

const allow = (actions: string[], resource: string, more = {}) => ({
  Effect: "Allow",
  Action: actions.map((action) => `kafka-cluster:${action}`),
  Resource: resource,
  ...more,
});
const send = (producer: Producer, topic: string) =>
  producer.send({ topic, messages: [{ value: "hello" }] });
const unauthorized = /Topic authorization failed/;

Deno.test("without a policy for the cluster nobody connects; with one for it, somebody does", () =>
  withPlace(async ({ broker, kafka, admin, grant }) => {
    await assert.rejects(kafka.admin().connect(), /Access denied/);
    grant(allow(["Connect"], broker.clusterArn.replace("/pinterest/", "/another/")));
    await assert.rejects(kafka.admin().connect(), /Access denied/);
    grant(allow(["Connect"], broker.clusterArn));
    await admin.connect();
    assert.deepEqual(await admin.listTopics(), []);
  }));

Deno.test("a policy that is taken away and given back holds on the open connection", () =>
  withPlace(async ({ broker, producer, grant, arnOf }) => {
    const connect = allow(["Connect"], broker.clusterArn);
    const write = allow(["DescribeTopic", "WriteData"], arnOf("topic", "/po*"));
    grant(connect, write);
    await producer.connect();
    await send(producer, "posts");
    await assert.rejects(send(producer, "other"), unauthorized);
    grant(connect);
    await assert.rejects(send(producer, "posts"), unauthorized);
    grant(connect, write);
    await send(producer, "posts");
    const deny = { ...write, Effect: "Deny", Action: "kafka-cluster:Write*" };
    grant(connect, write, deny);
    await assert.rejects(send(producer, "posts"), unauthorized);
  }));

Deno.test("all topics of a cluster are those that the policy shows", () =>
  withPlace(async ({ broker, admin, grant, arnOf }) => {
    const connect = allow(["Connect"], broker.clusterArn);
    grant(connect, allow(["DescribeTopic"], arnOf("topic", "/posts")));
    await admin.connect();
    assert.deepEqual(await admin.listTopics(), ["posts"]);
    grant(connect, allow(["*"], "*"));
    assert.deepEqual((await admin.listTopics()).sort(), ["other", "posts"]);
  }));

for (const isTls of [true, false]) {
  Deno.test(
    `where loopback is not secure, a connection ${isTls ? "with" : "without"} TLS is ${
      isTls ? "" : "not "
    }what a condition asks for`,
    () =>
      withPlace(async ({ admin, grant }) => {
        grant(allow(["*"], "*", { Condition: { Bool: { "aws:SecureTransport": "true" } } }));
        if (!isTls) return await assert.rejects(admin.connect(), /Access denied/);
        await admin.connect();
        assert.deepEqual((await admin.listTopics()).sort(), ["other", "posts"]);
      }, { isTls, loopbackIsSecure: false }),
  );
}
