import assert from "node:assert/strict";
import { kafkaTrouble, rights, type Work } from "../../../pipelines/clients/kafka_trouble.ts";
import { OutsideError } from "../../../pipelines/errors.ts";
import { type KafkaTarget, Secret } from "../../../pipelines/target.ts";

const credentials = {
  accessKeyId: "AKIASINK",
  secretAccessKey: new Secret("s"),
  sessionToken: null,
};
const auths = {
  none: { kind: "none" },
  scram: { kind: "scram", username: "alice", password: new Secret("hush") },
  iam: { kind: "iam", region: "eu-west-1", credentials },
} as const;

const reading: Work = {
  what: "read from Kafka at b:9098",
  topics: ["ab.pin", "ab.geo"],
  groupId: "connect-ab",
  rights: rights.read,
};

function told(auth: KafkaTarget["auth"], work: Work, error: unknown): OutsideError {
  const trouble = kafkaTrouble({ brokers: ["b:9098"], tls: { caFile: null }, auth }, work, error);
  assert.ok(trouble instanceof OutsideError);
  return trouble;
}

/** As kafkajs 2.2.4 makes its errors: `src/errors.js`, `src/protocol/error.js`. */
function kafkajsError(name: string, message: string, fields: Record<string, unknown> = {}): Error {
  return Object.assign(new Error(message), { name: `KafkaJS${name}`, ...fields });
}

const denied = (type: string, code: number, message: string, fields = {}) =>
  kafkajsError("ProtocolError", message, { type, code, retriable: false, ...fields });

const topicDenied = denied(
  "TOPIC_AUTHORIZATION_FAILED",
  29,
  "Not authorized to access topics: [Topic authorization failed]",
);

Deno.test("Who is not let in is told as whom, in the broker's words, and what to look at", () => {
  const error = kafkajsError("SASLAuthenticationError", "SASL failed: [5a3c]: Access denied");
  const iam = told(auths.iam, reading, error);
  assert.equal(iam.retryable, false);
  assert.equal(
    iam.message,
    "Cannot read from Kafka at b:9098: the brokers refused AKIASINK (KAFKA_AUTH=iam): SASL " +
      "failed: [5a3c]: Access denied; check AWS_ACCESS_KEY_ID and AWS_REGION, and that a policy " +
      "allows kafka-cluster:Connect",
  );
  const scram = told(
    auths.scram,
    reading,
    kafkajsError("NumberOfRetriesExceeded", "tried", { cause: error }),
  );
  assert.match(scram.message, /refused the user alice .* check KAFKA_USERNAME and KAFKA_PASSWORD$/);
  assert.equal(scram.retryable, false);
  const other = kafkajsError(
    "ProtocolError",
    "The broker does not support the requested SASL mechanism",
    { type: "UNSUPPORTED_SASL_MECHANISM", code: 33, retriable: false },
  );
  assert.match(told(auths.scram, reading, other).message, /check KAFKA_AUTH and the ports/);
});

Deno.test("What is not allowed names who, the right and what it is about, and is not tried again", () => {
  const iam = told(auths.iam, reading, topicDenied);
  assert.equal(iam.retryable, false);
  assert.equal(
    iam.message,
    "Cannot read from Kafka at b:9098: AKIASINK (KAFKA_AUTH=iam) may not do this: Not " +
      "authorized to access topics: [Topic authorization failed]; it takes " +
      "kafka-cluster:ReadData and kafka-cluster:DescribeTopic on one of the topics ab.pin, ab.geo",
  );
  assert.match(
    told(auths.scram, { ...reading, topics: ["ab.pin"] }, topicDenied).message,
    /the user alice .*; it takes Read and Describe on topic ab\.pin$/,
  );
  const group = denied("GROUP_AUTHORIZATION_FAILED", 30, "Not authorized to access group");
  assert.match(
    told(auths.iam, reading, group).message,
    /takes kafka-cluster:AlterGroup and kafka-cluster:DescribeGroup on group connect-ab$/,
  );
});

Deno.test("A topic that kafkajs names is the one that is told", () => {
  const making = { what: "make topics", topics: ["ab.pin", "ab.geo"], rights: rights.makeTopics };
  const part = denied("TOPIC_AUTHORIZATION_FAILED", 29, "Topic denied", { topic: "ab.geo" });
  const error = kafkajsError("AggregateError", "Topic creation errors", { errors: [part] });
  const { message, retryable } = told(auths.iam, making, error);
  assert.match(
    message,
    /takes kafka-cluster:CreateTopic and kafka-cluster:DescribeTopic on topic ab\.geo$/,
  );
  assert.equal(retryable, false);
  const cluster = denied("CLUSTER_AUTHORIZATION_FAILED", 31, "Cluster authorization failed");
  assert.match(
    told(auths.none, making, cluster).message,
    /whoever has no login .* it takes Create on the cluster$/,
  );
});

Deno.test("A certificate that nobody vouches for is told with its setting, once", () => {
  const error = kafkajsError(
    "ConnectionError",
    "Connection error: unable to verify the first certificate",
    { broker: "b:9098", code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" },
  );
  const { message, retryable } = told(auths.iam, reading, error);
  assert.match(message, /unable to verify the first certificate; check KAFKA_CA_FILE/);
  assert.equal(retryable, false);
});

Deno.test("Missing credentials are told with their settings; all else that may pass is tried again", () => {
  const missing = Object.assign(new Error("Could not load credentials from any providers"), {
    name: "CredentialsProviderError",
  });
  assert.match(told(auths.iam, reading, missing).message, /set AWS_ACCESS_KEY_ID and AWS_SECRET/);
  assert.equal(
    told(auths.iam, reading, kafkajsError("ConnectionClosedError", "Closed connection")).retryable,
    true,
  );
});

Deno.test("a login that the connection's end has cut off may pass, and blames no key", () => {
  // The words behind the colon: kafkajs 2.2.4, `src/network/connection.js`, `src/errors.js`.
  const words = [
    "Closed connection",
    "Connection error: read ECONNRESET",
    "Connection timeout",
    "Request SaslAuthenticate(key: 36, version: 1) timed out",
  ];
  for (const word of words) {
    const text = `SASL OAUTHBEARER authentication failed: ${word}`;
    const error = kafkajsError("SASLAuthenticationError", text);
    for (const one of [error, kafkajsError("NonRetriableError", "x", { cause: error })]) {
      const trouble = told(auths.iam, reading, one);
      assert.equal(trouble.retryable, true, word);
      assert.doesNotMatch(trouble.message, /refused|AWS_ACCESS_KEY_ID/);
    }
  }
});
