/** How the pipelines come into brokers that ask who they are, and what they say when they may not. */
import assert from "node:assert/strict";
import { openKafka } from "../../../pipelines/clients/kafka.ts";
import { sleep } from "../../../pipelines/clients/retry.ts";
import { OutsideError } from "../../../pipelines/errors.ts";
import { type KafkaTarget, Secret } from "../../../pipelines/target.ts";
import type { Door } from "../../../sim/iam/door.ts";
import { type AccessKey, roleKey } from "../../../sim/iam/principal.ts";
import { startTestBroker, type TestBroker } from "../../sim/kafka/support.ts";
import { options, produce, readAll, readOn } from "./kafka_world.ts";

const region = "us-east-1";
const accountId = "111122223333";
const sink = { role: "sink", sessionName: "task" };

/** A role's key of the nth session, good until then. */
function sessionKey(n: number, expiresMs = Infinity): AccessKey {
  const pair = { accessKeyId: `ASIASINK${n}`, secretAccessKey: `secret ${n}` };
  const { principal, ...key } = roleKey(pair, accountId, sink);
  const session = principal.session && { ...principal.session, expiresMs };
  return { ...key, sessionToken: `token ${n}`, principal: { ...principal, session } };
}

/** Knows the keys that are there when it is asked. */
function doorOf(keys: readonly AccessKey[]): Door {
  return {
    keyOf: (id) => keys.find(({ accessKeyId }) => accessKeyId === id),
    refusalOf: () => null,
  };
}

function startBroker(door: Door, iamTls = false, nowMs = Date.now): Promise<TestBroker> {
  return startTestBroker({
    nowMs,
    listeners: {
      plain: { port: 0 },
      tls: { port: 0 },
      scram: { port: 0 },
      iam: { port: 0, tls: iamTls },
    },
    users: { alice: "hush" },
    door,
  });
}

const auths = {
  none: { kind: "none" },
  scram: { kind: "scram", username: "alice", password: new Secret("hush") },
  iam: { kind: "iam", region, credentials: credentialsOf(sessionKey(1)) },
} as const;

function credentialsOf({ accessKeyId, secretAccessKey, sessionToken }: AccessKey) {
  const token = sessionToken === null ? null : new Secret(sessionToken);
  return { accessKeyId, secretAccessKey: new Secret(secretAccessKey), sessionToken: token };
}

function targetOf(
  broker: TestBroker,
  listener: keyof TestBroker["ports"],
  auth: KafkaTarget["auth"],
  isTls = true,
): KafkaTarget {
  return {
    brokers: [`127.0.0.1:${broker.ports[listener]}`],
    tls: isTls ? { caFile: broker.caFile } : null,
    auth,
  };
}

/** The error of somebody who asks for a topic. */
async function refusalOf(target: KafkaTarget): Promise<string> {
  await using kafka = await openKafka(target, options);
  const error = await kafka.ensureTopics(["t"], 1).then(() => null, (error: unknown) => error);
  assert.ok(error instanceof OutsideError, `${error}`);
  assert.equal(error.retryable, false);
  assert.doesNotMatch(error.message, /tried (once|\d+ times)/);
  return error.message;
}

for (const [listener, auth] of [["tls", "none"], ["scram", "scram"], ["iam", "iam"]] as const) {
  Deno.test(`Topics are made and messages read by the ${listener} listener, encrypted`, async () => {
    await using broker = await startBroker(doorOf([sessionKey(1)]), true);
    const target = targetOf(broker, listener, auths[auth]);
    {
      await using kafka = await openKafka(target, options);
      await kafka.ensureTopics(["t"], 1);
    }
    await produce(broker, "t", ["a", "b"]);
    assert.deepEqual(await readAll(target, "t", 2), ["a", "b"]);
  });
}

Deno.test("A simulator's IAM opens without TLS, by the same tokens", async () => {
  await using broker = await startBroker(doorOf([sessionKey(1)]));
  const target = targetOf(broker, "iam", auths.iam, false);
  await using kafka = await openKafka(target, options);
  await kafka.ensureTopics(["t"], 1);
  assert.deepEqual([...await kafka.endOffsets("t")], [[0, 0n]]);
});

Deno.test("A wrong password, key, region or authority ends at once and says what to look at", async () => {
  await using broker = await startBroker(doorOf([sessionKey(1)]), true);
  const wrongPassword = { ...auths.scram, password: new Secret("guess") };
  assert.match(
    await refusalOf(targetOf(broker, "scram", wrongPassword)),
    /^Cannot make topics on Kafka at 127\.0\.0\.1:\d+: the brokers refused the user alice \(KAFKA_AUTH=scram\): .*Authentication failed.*; check KAFKA_USERNAME and KAFKA_PASSWORD$/,
  );
  const { credentials } = auths.iam;
  const wrongKey = { ...credentials, secretAccessKey: new Secret("another") };
  const iam = await refusalOf(targetOf(broker, "iam", { ...auths.iam, credentials: wrongKey }));
  assert.match(iam, /refused ASIASINK1 \(KAFKA_AUTH=iam\): .*\]: Access denied; check AWS_ACCESS/);
  const elsewhere = targetOf(broker, "iam", { ...auths.iam, region: "eu-west-1" });
  assert.match(await refusalOf(elsewhere), /Access denied; check .*AWS_REGION/);
  const unknown = { ...targetOf(broker, "tls", auths.none), tls: { caFile: null } };
  assert.match(await refusalOf(unknown), /certificate; check KAFKA_CA_FILE/);
});

Deno.test("A port with another kind of login names the setting", async () => {
  await using broker = await startBroker(doorOf([sessionKey(1)]), true);
  const check = /check KAFKA_AUTH and the ports in KAFKA_BROKERS$/;
  assert.match(await refusalOf(targetOf(broker, "scram", auths.iam)), check);
  assert.match(await refusalOf(targetOf(broker, "iam", auths.scram)), check);
});

Deno.test("Sessions that end in the middle of reading are renewed with new keys, and nothing is lost", async () => {
  const keys: AccessKey[] = [];
  await using broker = await startBroker(doorOf(keys));
  // kafkajs renews ten seconds before the end: so about every half second here.
  const credentials = () => {
    const key = sessionKey(keys.length + 1, Date.now() + 10_500);
    keys.push(key);
    return Promise.resolve({ ...key, sessionToken: key.sessionToken ?? undefined });
  };
  const target = targetOf(broker, "iam", { ...auths.iam, credentials: null }, false);
  await using kafka = await openKafka(target, { ...options, credentials });
  await kafka.ensureTopics(["t"], 1);
  await using consumer = await kafka.consume(["t"], "connect-g");
  const loginsBefore = keys.length;
  const wanted = Array.from({ length: 300 }, (_, index) => String(index));
  const producing = (async () => {
    for (let at = 0; at < wanted.length; at += 10) {
      await produce(broker, "t", wanted.slice(at, at + 10));
      await sleep(100);
    }
  })();
  const isEnough = (found: string[]) => found.length >= wanted.length;
  const { found, assignedCount } = await readOn(consumer, isEnough);
  await producing;
  assert.deepEqual(found, wanted);
  assert.equal(assignedCount, 1, "no rebalance came of it");
  assert.ok(keys.length >= loginsBefore + 6, `${keys.length - loginsBefore} renewals`);
});

Deno.test("A session that was over before its renewal costs a connection and no message", async () => {
  let aheadMs = 0;
  const nowMs = () => Date.now() + aheadMs;
  const keys: AccessKey[] = [];
  await using broker = await startBroker(doorOf(keys), false, nowMs);
  const credentials = () => {
    const key = sessionKey(keys.length + 1, nowMs() + 60_000);
    keys.push(key);
    return Promise.resolve({ ...key, sessionToken: key.sessionToken ?? undefined });
  };
  const target = targetOf(broker, "iam", { ...auths.iam, credentials: null }, false);
  await using kafka = await openKafka(target, { ...options, credentials });
  await kafka.ensureTopics(["t"], 1);
  await using consumer = await kafka.consume(["t"], "connect-g");
  await produce(broker, "t", ["a", "b"]);
  const { found } = await readOn(consumer, async (found) => {
    if (found.length === 2) {
      aheadMs = 61_000;
      await produce(broker, "t", ["c", "d"]);
    }
    return found.length >= 4;
  });
  assert.deepEqual(found, ["a", "b", "c", "d"]);
});
