import assert from "node:assert/strict";
import { generateAuthTokenFromCredentialsProvider } from "aws-msk-iam-sasl-signer-js";
import { type AccessKey, roleKey } from "../../../../sim/iam/principal.ts";
import { Cluster } from "../../../../sim/kafka_rest/kafka/cluster.ts";
import { KafkaError } from "../../../../sim/kafka_rest/kafka/errors.ts";
import { Producer } from "../../../../sim/kafka_rest/kafka/producer.ts";
import {
  authenticate,
  handshake,
  type Login,
  mskToken,
} from "../../../../sim/kafka_rest/kafka/sasl.ts";
import { Writer } from "../../../../sim/net/bytes.ts";
import { worldFromSeed } from "../../../../sim/world.ts";
import { type FakeBroker, startFakeBroker } from "../fake_broker.ts";

const region = "eu-west-1";
const pair = { accessKeyId: "ASIAEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG" };
const role = { role: "rest-proxy", sessionName: "i-0123456789" };
const key: AccessKey = { ...roleKey(pair, "111122223333", role), sessionToken: "token/+==" };

const [metadataKey, produceKey, handshakeKey, authenticateKey] = [3, 0, 17, 36];

/** A clock that stands still until it is moved. */
function clock() {
  const now = { ms: Date.UTC(2026, 10, 21, 8, 5, 9), nowMs: () => now.ms };
  return now;
}

interface Opened extends Disposable {
  now: ReturnType<typeof clock>;
  cluster: Cluster;
  send(value: string): Promise<string>;
}

function open(broker: FakeBroker, credentials = () => key): Opened {
  const now = clock();
  const world = worldFromSeed(1, now.nowMs);
  const login: Login = { region, credentials, nowMs: now.nowMs };
  const cluster = new Cluster(world, {
    bootstrap: [`127.0.0.1:${broker.port}`],
    login,
    requestTimeoutMs: 1000,
    retryBackoffMs: 5,
    reconnectBackoffMs: 20,
    reconnectBackoffMaxMs: 40,
  });
  const producer = new Producer(world, cluster, {
    requestTimeoutMs: 1000,
    retryBackoffMs: 5,
    deliveryTimeoutMs: 2000,
    maxBlockMs: 50,
    recordBytesMax: 1_048_576,
    batchBytesMax: 100_000,
  });
  return {
    now,
    cluster,
    async send(value) {
      const bytes = new TextEncoder().encode(value);
      const [found] = await producer.send("t", [{ key: null, value: bytes, partition: null }]);
      assert.ok(found !== undefined);
      return found instanceof KafkaError ? `${found.kind}: ${found.message}` : `@${found.offset}`;
    },
    [Symbol.dispose]() {
      producer[Symbol.dispose]();
      cluster[Symbol.dispose]();
    },
  };
}

/** The presigned URL in a token. */
function urlIn(token: string): URL {
  const bytes = Uint8Array.fromBase64(token, { alphabet: "base64url" });
  return new URL(new TextDecoder().decode(bytes));
}

/** Who signed the token of a message. */
function credentialIn(message = ""): string {
  const token = message.slice("n,,\x01auth=Bearer ".length, -2);
  assert.equal(message, `n,,\x01auth=Bearer ${token}\x01\x01`);
  return urlIn(token).searchParams.get("X-Amz-Credential") ?? "";
}

Deno.test("A token is what AWS's signer makes, but for whose agent it is", async () => {
  const { token } = await generateAuthTokenFromCredentialsProvider({
    region,
    awsCredentialsProvider: () => Promise.resolve({ ...pair, sessionToken: "token/+==" }),
  });
  const expected = urlIn(token);
  const signedAt = expected.searchParams.get("X-Amz-Date") ?? "";
  const [, y, mo, d, h, mi, s] = /(....)(..)(..)T(..)(..)(..)Z/.exec(signedAt) ?? [];
  const nowMs = () => Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
  const made = urlIn(mskToken({ region, credentials: () => key, nowMs }));
  assert.equal(made.searchParams.get("User-Agent"), "rest-proxy");
  for (const url of [expected, made]) url.searchParams.delete("User-Agent");
  assert.equal(made.host, expected.host);
  assert.deepEqual([...made.searchParams].sort(), [...expected.searchParams].sort());
});

Deno.test("A token is good for 15 minutes, or as long as its session", () => {
  const { nowMs } = clock();
  const lifeOf = (expiresMs: number) => {
    const { session } = key.principal;
    assert.ok(session !== null);
    const principal = { ...key.principal, session: { ...session, expiresMs } };
    const credentials = () => ({ ...key, principal });
    return urlIn(mskToken({ region, credentials, nowMs })).searchParams.get("X-Amz-Expires");
  };
  assert.equal(lifeOf(Infinity), "900");
  assert.equal(lifeOf(nowMs() + 3_600_000), "900");
  assert.equal(lifeOf(nowMs() + 61_500), "61");
});

// Written by kafkajs 2.2.4.
Deno.test("Requests are the bytes that kafkajs writes", () => {
  const written = (request: ReturnType<typeof handshake | typeof authenticate>) => {
    const writer = new Writer();
    request.write(writer);
    return `${request.key} v${request.version} ${writer.finish().toHex()}`;
  };
  assert.equal(written(handshake("OAUTHBEARER")), "17 v1 000b4f41555448424541524552");
  assert.equal(
    written(authenticate("n,,\x01auth=Bearer abc\x01\x01")),
    "36 v1 000000156e2c2c01617574683d426561726572206162630101",
  );
});

Deno.test("Each connection logs in before it asks anything", async () => {
  await using broker = startFakeBroker();
  using client = open(broker);
  assert.equal(await client.send("a"), "@0");
  assert.deepEqual(broker.seen, [handshakeKey, authenticateKey, metadataKey, produceKey]);
  assert.match(credentialIn(broker.sasl.messages[0]), /^ASIAEXAMPLE\/20261121\//);
});

Deno.test("A session is renewed before its end, with the key of that moment, and nothing is lost", async () => {
  await using broker = startFakeBroker();
  broker.sasl.lifetimeMs = 100_000;
  let current = key;
  using client = open(broker, () => current);
  assert.equal(await client.send("a"), "@0");
  client.now.ms += 89_000;
  assert.equal(await client.send("b"), "@1");
  assert.deepEqual(broker.seen, [
    handshakeKey,
    authenticateKey,
    metadataKey,
    produceKey,
    produceKey,
  ]);
  broker.seen.length = 0;
  current = { ...key, accessKeyId: "ASIANEXT" };
  client.now.ms += 1_000;
  const values = Array.from({ length: 20 }, (_, index) => String(index));
  const placed = await Promise.all(values.map((value) => client.send(value)));
  assert.deepEqual(placed.toSorted(), values.map((_, index) => `@${index + 2}`).toSorted());
  assert.deepEqual(broker.seen.slice(0, 3), [handshakeKey, authenticateKey, produceKey]);
  assert.equal(broker.seen.filter((one) => one === handshakeKey).length, 1);
  assert.deepEqual(broker.stored.map(({ value }) => value), ["a", "b", ...values]);
  assert.match(credentialIn(broker.sasl.messages[1]), /^ASIANEXT\//);
});

Deno.test("A login that is refused is an authentication error at once, until it is not", async () => {
  await using broker = startFakeBroker();
  using client = open(broker);
  broker.sasl.script = [{ refused: "[1b2c]: Access denied" }];
  assert.equal(await client.send("a"), "authentication: [1b2c]: Access denied");
  // Within its pause the broker is not asked again.
  assert.equal(await client.send("a"), "authentication: [1b2c]: Access denied");
  assert.equal(broker.sasl.messages.length, 1);
  client.now.ms += 100;
  assert.equal(await client.send("b"), "@0");
});

Deno.test("A renewal that is refused ends the connection; the next one may be let in", async () => {
  await using broker = startFakeBroker();
  broker.sasl.lifetimeMs = 100_000;
  using client = open(broker);
  assert.equal(await client.send("a"), "@0");
  client.now.ms += 95_000;
  broker.sasl.script = [{ refused: "Access denied" }];
  assert.equal(await client.send("b"), "authentication: Access denied");
  assert.equal(await client.send("c"), "@1");
});

Deno.test("A machine that has no credentials any more is not let in, until it has", async () => {
  await using broker = startFakeBroker();
  broker.sasl.lifetimeMs = 100_000;
  let isGone = false;
  using client = open(broker, () => {
    if (isGone) throw new Error("the role rest-proxy is gone");
    return key;
  });
  assert.equal(await client.send("a"), "@0");
  isGone = true;
  client.now.ms += 95_000;
  const told =
    "authentication: Failed to find AWS IAM Credentials [Caused by the role rest-proxy " +
    "is gone]";
  assert.equal(await client.send("b"), told);
  assert.equal(await client.send("c"), told, "on a new connection");
  isGone = false;
  client.now.ms += 1000;
  assert.equal(await client.send("d"), "@1");
});

Deno.test("A mechanism's own words of failure are asked for the error", async () => {
  await using broker = startFakeBroker();
  using client = open(broker);
  broker.sasl.script = [{ challenged: '{"status":"invalid_token"}' }, { refused: "no such key" }];
  assert.equal(await client.send("a"), "authentication: no such key");
  assert.equal(broker.sasl.messages[1], "\x01");
});

Deno.test("A broker without the mechanism says which ones it has", async () => {
  await using broker = startFakeBroker();
  broker.sasl.mechanisms = ["SCRAM-SHA-512"];
  using client = open(broker);
  assert.equal(
    await client.send("a"),
    "authentication: Client SASL mechanism 'OAUTHBEARER' not enabled in the server, enabled " +
      "mechanisms are [SCRAM-SHA-512]",
  );
});
