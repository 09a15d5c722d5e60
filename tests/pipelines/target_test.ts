import assert from "node:assert/strict";
import { UsageError } from "../../pipelines/errors.ts";
import { asActor, hostsOf, readTarget, Secret, type Settings } from "../../pipelines/target.ts";

const complete: Settings = {
  PIPELINE_ID: "0a1b2c3d4e5f",
  AWS_REGION: "eu-west-2",
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "very-secret-key",
  MYSQL_URL: "mysql://me:pass%20word@db.example.com/pinterest_data?ssl=true",
  GATEWAY_URL: "https://abc123.execute-api.eu-west-2.amazonaws.com/prod/",
  KAFKA_BROKERS: "b-1.example.com:9098, b-2.example.com:9098",
  KAFKA_AUTH: "iam",
};

/** The lines of the one error that a set of settings ends with. */
function problems(settings: Settings): string[] {
  try {
    readTarget("aws", settings);
  } catch (error) {
    assert.ok(error instanceof UsageError);
    return error.message.split("\n");
  }
  throw new assert.AssertionError({ message: "These settings were taken" });
}

Deno.test("readTarget gives every setting its type, and the defaults their values", () => {
  const target = readTarget("aws", complete);
  assert.equal(target.mysql.port, 3306);
  assert.equal(target.mysql.password.reveal(), "pass word");
  assert.equal(target.mysql.tls, true);
  assert.equal(target.gatewayUrl, "https://abc123.execute-api.eu-west-2.amazonaws.com/prod");
  assert.deepEqual(target.kafka, {
    brokers: ["b-1.example.com:9098", "b-2.example.com:9098"],
    tls: { caFile: null },
    auth: { kind: "iam", region: "eu-west-2", credentials: target.s3.credentials },
  });
  assert.equal(target.s3.bucket, "user-0a1b2c3d4e5f-bucket");
  assert.equal(target.s3.endpoint, null);
});

Deno.test("readTarget reports all problems at once", () => {
  const found = problems({ PIPELINE_ID: "Bob", KAFKA_AUTH: "magic", AWS_ACCESS_KEY_ID: "A" });
  const named = found.map((line) => line.split(" ")[0]);
  assert.deepEqual(named, [
    "PIPELINE_ID",
    "MYSQL_URL",
    "GATEWAY_URL",
    "KAFKA_BROKERS",
    "KAFKA_AUTH",
    "AWS_ACCESS_KEY_ID",
  ]);
});

Deno.test("readTarget refuses malformed values, each with the form it wants", () => {
  assert.match(problems({ ...complete, KAFKA_BROKERS: "b-1" }).join(), /'b-1'.*host:port/);
  assert.match(problems({ ...complete, GATEWAY_URL: "abc" }).join(), /http:\/\/ or https:\/\//);
  assert.match(problems({ ...complete, MYSQL_URL: "postgres://x/y" }).join(), /mysql:\/\//);
  assert.match(problems({ ...complete, MYSQL_URL: "mysql://me@host" }).join(), /no database/);
  assert.match(problems({ ...complete, MYSQL_URL: "mysql://me:50%@host/db" }).join(), /%25/);
});

/** What a target says of Kafka, with these settings in place of some. */
function kafkaWith(given: Settings) {
  const { tls, auth } = readTarget("aws", { ...complete, ...given }).kafka;
  return { tls, auth };
}

Deno.test("Kafka is encrypted for every login, and without one only where that is asked for", () => {
  const scram = { KAFKA_AUTH: "scram", KAFKA_USERNAME: "alice", KAFKA_PASSWORD: "hush" };
  const none = { kind: "none" } as const;
  assert.deepEqual(kafkaWith({ KAFKA_AUTH: "" }), { tls: null, auth: none });
  assert.deepEqual(kafkaWith({ KAFKA_AUTH: "none" }), { tls: null, auth: none });
  assert.deepEqual(kafkaWith({ KAFKA_AUTH: "tls" }), { tls: { caFile: null }, auth: none });
  assert.deepEqual(kafkaWith({ KAFKA_AUTH: "none", KAFKA_TLS: "on", KAFKA_CA_FILE: "ca.pem" }), {
    tls: { caFile: "ca.pem" },
    auth: none,
  });
  assert.deepEqual(kafkaWith({ KAFKA_TLS: "off" }).tls, null);
  const { tls, auth } = kafkaWith({ ...scram, KAFKA_CA_FILE: "ca.pem" });
  assert.deepEqual(tls, { caFile: "ca.pem" });
  assert.ok(auth.kind === "scram");
  assert.deepEqual([auth.username, auth.password.reveal()], ["alice", "hush"]);
  assert.equal(kafkaWith({ ...scram, KAFKA_TLS: "off" }).tls, null);
  const found = problems({ ...complete, KAFKA_AUTH: "tls", KAFKA_TLS: "off" });
  assert.match(found.join(), /^KAFKA_AUTH=tls and KAFKA_TLS=off contradict each other/);
});

Deno.test("a login to Kafka without all it needs is refused, and each lack named", () => {
  const lacks = (given: Settings) =>
    problems({ ...complete, ...given }).map((line) => line.split(" ")[0]);
  assert.deepEqual(lacks({ KAFKA_AUTH: "scram" }), ["KAFKA_USERNAME", "KAFKA_PASSWORD"]);
  assert.deepEqual(lacks({ KAFKA_AUTH: "scram", KAFKA_USERNAME: "alice" }), ["KAFKA_PASSWORD"]);
  assert.deepEqual(lacks({ AWS_REGION: "" }), ["AWS_REGION"]);
  assert.deepEqual(lacks({ KAFKA_TLS: "perhaps" }), ["KAFKA_TLS"]);
});

Deno.test("localhost is 127.0.0.1 wherever an address is given", () => {
  const { mysql, gatewayUrl, kafka, s3, kinesis } = readTarget("aws", {
    ...complete,
    MYSQL_URL: "mysql+pymysql://me:pw@localhost/pinterest_data",
    GATEWAY_URL: "http://localhost:8080/prod/",
    KAFKA_BROKERS: "localhost:9092,LOCALHOST:9093",
    AWS_ENDPOINT_URL_S3: "http://localhost:9000",
    AWS_ENDPOINT_URL_KINESIS: "http://localhost:4567",
  });
  assert.deepEqual([mysql.host, mysql.database], ["127.0.0.1", "pinterest_data"]);
  assert.equal(gatewayUrl, "http://127.0.0.1:8080/prod");
  assert.deepEqual(kafka.brokers, ["127.0.0.1:9092", "127.0.0.1:9093"]);
  assert.equal(s3.endpoint, "http://127.0.0.1:9000");
  assert.equal(kinesis.endpoint, "http://127.0.0.1:4567");
  const tls = { ...complete, MYSQL_URL: "mysql://me:pw@localhost/db?ssl=true" };
  assert.equal(readTarget("aws", tls).mysql.host, "localhost", "a certificate is for a name");
});

Deno.test("an address with a user or a password in it is refused without them", () => {
  for (
    const change of [
      { GATEWAY_URL: "http://me:hush@127.0.0.1/prod" },
      { GATEWAY_URL: "me:hush@127.0.0.1/prod" },
      { AWS_ENDPOINT_URL_S3: "http://hush@127.0.0.1:9000" },
      { KAFKA_BROKERS: "me:hush@b-1:9092" },
      { KAFKA_BROKERS: "SASL://me:hush@b-1:9092" },
    ]
  ) {
    const found = problems({ ...complete, ...change });
    assert.equal(found.length, 1);
    assert.doesNotMatch(found.join(), /hush/);
  }
});

Deno.test("no secret shows itself in a message, in JSON or in an inspection", () => {
  const scram = { KAFKA_AUTH: "scram", KAFKA_USERNAME: "alice", KAFKA_PASSWORD: "kafka-hush" };
  const target = readTarget("aws", { ...complete, ...scram });
  const shown = JSON.stringify(target) + Deno.inspect(target, { depth: 9 }) +
    `${target.mysql.password}${Object.values(target.s3.credentials ?? {})}`;
  assert.doesNotMatch(shown, /pass word|pass%20word|very-secret-key|kafka-hush/);
  const url = "mysql://me:hush-hush@/x";
  assert.doesNotMatch(problems({ ...complete, MYSQL_URL: url }).join(), /hush/);
  assert.equal(new Secret("x").reveal(), "x");
});

Deno.test("a target is frozen to its leaves", () => {
  const target = readTarget("aws", complete);
  assert.throws(() => Object.assign(target, { id: "" }), TypeError);
  assert.throws(() => Object.assign(target.s3, { bucket: "" }), TypeError);
});

Deno.test("hostsOf names every host with its port", () => {
  assert.deepEqual(hostsOf(readTarget("aws", complete)), [
    "abc123.execute-api.eu-west-2.amazonaws.com:443",
    "s3.eu-west-2.amazonaws.com:443",
    "b-1.example.com:9098",
    "b-2.example.com:9098",
    "db.example.com:3306",
  ]);
});

Deno.test("a stream needs no brokers, and talks to Kinesis in their place", () => {
  const { KAFKA_BROKERS: _, ...withoutKafka } = complete;
  const target = readTarget("aws", withoutKafka, "stream");
  assert.deepEqual(target.kinesis, {
    endpoint: null,
    region: "eu-west-2",
    credentials: target.s3.credentials,
  });
  assert.deepEqual(hostsOf(target, "stream"), [
    "abc123.execute-api.eu-west-2.amazonaws.com:443",
    "s3.eu-west-2.amazonaws.com:443",
    "kinesis.eu-west-2.amazonaws.com:443",
    "db.example.com:3306",
  ]);
  const own = { ...withoutKafka, AWS_ENDPOINT_URL_KINESIS: "http://127.0.0.1:14567/" };
  assert.equal(readTarget("aws", own, "stream").kinesis.endpoint, "http://127.0.0.1:14567");
});

Deno.test("sink and reader take on their roles, the person does not; STS is a host then", () => {
  const [sink, reader] = ["sink", "reader"].map((name) => `arn:aws:iam::111122223333:role/${name}`);
  const target = readTarget("aws", {
    ...complete,
    SINK_ROLE_ARN: sink,
    READER_ROLE_ARN: reader,
    AWS_ENDPOINT_URL_STS: "http://127.0.0.1:9/",
  }, "stream");
  const { person } = target.actors;
  const by = { by: person, region: "eu-west-2", endpoint: "http://127.0.0.1:9" };
  const session = { sessionName: "0a1b2c3d4e5f", ...by };
  assert.deepEqual(asActor(target, "sink").s3.credentials, { roleArn: sink, ...session });
  assert.deepEqual(asActor(target, "reader").kinesis.credentials, { roleArn: reader, ...session });
  assert.equal(asActor(target, "person").kinesis.credentials, person);
  assert.ok(hostsOf(target, "stream").includes("127.0.0.1:9"));
  const own = readTarget("aws", { ...complete, SINK_ROLE_ARN: sink });
  assert.ok(hostsOf(own).includes("sts.eu-west-2.amazonaws.com:443"));
  assert.equal(asActor(own, "reader").s3.credentials, own.actors.person);
});

Deno.test("a role that is no ARN is named", () => {
  const found = problems({ ...complete, SINK_ROLE_ARN: "sink" });
  assert.deepEqual(found.map((line) => line.split(" ")[0]), ["SINK_ROLE_ARN"]);
});

Deno.test("a malformed endpoint of Kinesis is named", () => {
  const told = problems({ ...complete, AWS_ENDPOINT_URL_KINESIS: "localhost" });
  assert.match(told.join(), /AWS_ENDPOINT_URL_KINESIS is 'localhost': must begin with http/);
});

Deno.test("what the gateway asks for is none by default; a key is needed for key alone", () => {
  const { gatewayAuth, gatewayKey } = readTarget("aws", complete);
  assert.deepEqual([gatewayAuth, gatewayKey], ["none", null]);
  const keyed = readTarget("aws", {
    ...complete,
    GATEWAY_AUTH: "key",
    GATEWAY_API_KEY: "the-api-key",
  });
  assert.equal(keyed.gatewayKey?.reveal(), "the-api-key");
  assert.doesNotMatch(Deno.inspect(keyed), /the-api-key/);
  const signed = readTarget("aws", { ...complete, GATEWAY_AUTH: "iam", GATEWAY_API_KEY: "unused" });
  assert.deepEqual([signed.gatewayAuth, signed.gatewayKey], ["iam", null]);
  assert.match(
    problems({ ...complete, GATEWAY_AUTH: "key" }).join(),
    /^GATEWAY_API_KEY is not set/,
  );
  assert.match(problems({ ...complete, GATEWAY_AUTH: "magic" }).join(), /iam or key or none/);
});
