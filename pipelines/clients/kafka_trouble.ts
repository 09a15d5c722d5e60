/**
 * Kafka trouble: what kafkajs threw -> one of our errors, and whether trying again may help.
 *
 * Who is not let in, and who may not do something, is told at once and in the brokers' words: it
 * will be the same next time. kafkajs does not say which topic a refusal is about; then all that
 * were asked for are named.
 *
 * Source: kafkajs 2.2.4, `src/errors.js` and `src/protocol/error.js`.
 */
import { OutsideError, type UsageError } from "../errors.ts";
import type { Credentials, KafkaTarget } from "../target.ts";
import { outside, partsOf } from "./outside.ts";

/** What was being done when the trouble came. */
export interface Work {
  /** As in "Cannot <what>". */
  what: string;
  topics: readonly string[];
  groupId?: string;
  /** What a principal must be allowed for it. */
  rights: Rights;
}

/** As MSK's policies have it (`kafka-cluster:…`), and as Kafka's own ACLs do. */
type Right = readonly [action: string, operation: string];

/** By what is refused: Kafka does not say which of them was missing. */
export interface Rights {
  topic: readonly Right[];
  group: readonly Right[];
  cluster: readonly Right[];
}

const describeTopic: Right = ["DescribeTopic", "Describe"];
const createTopic: Right = ["CreateTopic", "Create"];
const describeGroup: Right = ["DescribeGroup", "Describe"];
const connect: Right = ["Connect", "ClusterAction"];

/** What each kind of our work needs. */
export const rights = {
  makeTopics: { topic: [createTopic, describeTopic], group: [], cluster: [createTopic] },
  describe: { topic: [describeTopic], group: [describeGroup], cluster: [connect] },
  read: {
    topic: [["ReadData", "Read"], describeTopic],
    group: [["AlterGroup", "Read"], describeGroup],
    cluster: [connect],
  },
} as const satisfies Record<string, Rights>;

/** An error of ours for what kafkajs threw. */
export function kafkaTrouble(
  target: KafkaTarget,
  work: Work,
  error: unknown,
): OutsideError | UsageError {
  const said = whatIsWrong(target, work, error);
  if (said === undefined) return outside(work.what, error, { retryable: mayPass(error) });
  return new OutsideError(`Cannot ${work.what}: ${said}`, { retryable: false, cause: error });
}

const loginFailed = "KafkaJSSASLAuthenticationError";
/** Observed (kafkajs 2.2.4): what broke the connection in the middle of a login stands in its words. */
const cutOff =
  /failed: (?:Closed connection|Connection (?:error|timeout)|Failed to connect|Request .* timed out)/;

function whatIsWrong(target: KafkaTarget, work: Work, error: unknown): string | undefined {
  for (const one of chainOf(error)) {
    if (one.name === loginFailed) {
      return cutOff.test(one.message) ? undefined : notLetIn(target, one);
    }
    if (one.name === "CredentialsProviderError") {
      return `${one.message}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`;
    }
    const type = "type" in one ? String(one.type) : "";
    if (otherDoor.has(type)) return notLetIn(target, one);
    const kind = resources[type];
    if (kind !== undefined) return notAllowed(target, work, kind, one);
    if (isAboutCertificate(one)) {
      return `${one.message}; check KAFKA_CA_FILE, and that KAFKA_BROKERS has the names that ` +
        "the brokers' certificates are for";
    }
  }
  return undefined;
}

/** The error and those that it stands for or came from. */
function chainOf(error: unknown, depth = 0): Error[] {
  if (!(error instanceof Error) || depth > 8) return [];
  return [error, ...[...partsOf(error), error.cause].flatMap((one) => chainOf(one, depth + 1))];
}

const settingsOf = {
  none: "KAFKA_AUTH",
  scram: "KAFKA_USERNAME and KAFKA_PASSWORD",
  iam: "AWS_ACCESS_KEY_ID and AWS_REGION, and that a policy allows kafka-cluster:Connect",
} as const;

/** A port where another kind of login is asked for, or none. */
const otherDoor = new Set(["UNSUPPORTED_SASL_MECHANISM", "ILLEGAL_SASL_STATE"]);

function notLetIn({ auth }: KafkaTarget, error: Error): string {
  const { message } = error;
  const isOtherDoor = "type" in error && otherDoor.has(String(error.type));
  const check = isOtherDoor ? "KAFKA_AUTH and the ports in KAFKA_BROKERS" : settingsOf[auth.kind];
  return `the brokers refused ${who(auth)}: ${message}; check ${check}`;
}

function who(auth: KafkaTarget["auth"]): string {
  switch (auth.kind) {
    case "none":
      return "whoever has no login (KAFKA_AUTH=none)";
    case "scram":
      return `the user ${auth.username} (KAFKA_AUTH=scram)`;
    case "iam": {
      const key = nameOf(auth.credentials);
      return `${key} (KAFKA_AUTH=iam)`;
    }
  }
}

/** Codes 29, 30, 31. */
const resources: Readonly<Record<string, keyof Rights>> = {
  TOPIC_AUTHORIZATION_FAILED: "topic",
  GROUP_AUTHORIZATION_FAILED: "group",
  CLUSTER_AUTHORIZATION_FAILED: "cluster",
};

function notAllowed(
  { auth }: KafkaTarget,
  { topics, groupId, rights }: Work,
  kind: keyof Rights,
  error: Error,
): string {
  const needed = rights[kind].map(([action, operation]) =>
    auth.kind === "iam" ? `kafka-cluster:${action}` : operation
  );
  const named = "topic" in error && typeof error.topic === "string" ? [error.topic] : topics;
  const on = {
    topic: named.length === 1 ? `topic ${named[0]}` : `one of the topics ${named.join(", ")}`,
    group: `group ${groupId ?? "(any)"}`,
    cluster: "the cluster",
  }[kind];
  return `${who(auth)} may not do this: ${error.message}; it takes ${
    needed.join(" and ")
  } on ${on}`;
}

/** Codes of node:tls for a chain that ends nowhere, another name, or times that do not fit. */
const certificateCodes = /^(?:UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|ERR_TLS_CERT_)/;

function isAboutCertificate(error: Error): boolean {
  return "code" in error && certificateCodes.test(String(error.code));
}

/** What kafkajs puts around an error when it stops trying. */
const wrappers = new Set(["KafkaJSNumberOfRetriesExceeded", "KafkaJSNonRetriableError"]);

/** Errors that will be the same next time. */
const lasting = new Set([
  "KafkaJSSASLAuthenticationError",
  "KafkaJSServerDoesNotSupportApiKey",
  "KafkaJSNotImplemented",
  "KafkaJSUnsupportedMagicByteInMessageSet",
]);

/**
 * Whether another attempt may help. kafkajs's own mark is about its inner retries: to find no
 * coordinator is final there, and may be one cut connection.
 */
function mayPass(error: unknown): boolean {
  if (error instanceof OutsideError) return error.retryable;
  if (!(error instanceof Error)) return false;
  if (error.name === loginFailed) return cutOff.test(error.message);
  if (wrappers.has(error.name)) return mayPass(error.cause);
  if (lasting.has(error.name)) return false;
  const parts = partsOf(error);
  if (parts.length > 0) return parts.every(mayPass);
  const isAnswer = error.name === "KafkaJSProtocolError";
  return !isAnswer || ("retriable" in error && error.retriable === true);
}

function nameOf(credentials: Credentials | null): string {
  if (credentials === null) return "these credentials";
  return "roleArn" in credentials ? credentials.roleArn : credentials.accessKeyId;
}
