/**
 * Kafka's error codes as the Java client words them, and which of them pass by themselves.
 *
 * Source: Apache Kafka, org.apache.kafka.common.protocol.Errors.
 */

/** A Kafka operation failed; the proxy turns it into one of its own codes. */
export class KafkaError extends Error {
  override readonly name = "KafkaError";
  constructor(
    message: string,
    /** What the proxy makes of it differs by kind. */
    readonly kind: "retriable" | "fatal" | "authorization" | "authentication",
    /** Kafka's number; -1 where the client found out by itself. */
    readonly code = -1,
  ) {
    super(message);
  }
}

/** The connection broke, or the answer did not come in time: nobody knows what was done. */
export class KafkaNetworkError extends KafkaError {
  constructor(message: string) {
    super(message, "retriable", 13);
  }
}

export const errorCodes = {
  none: 0,
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  leaderNotAvailable: 5,
  messageTooLarge: 10,
  invalidTopic: 17,
  topicAuthorizationFailed: 29,
  groupAuthorizationFailed: 30,
  unsupportedSaslMechanism: 33,
  saslAuthenticationFailed: 58,
} as const;

const messages: Readonly<Record<number, readonly [KafkaError["kind"], string]>> = {
  1: [
    "fatal",
    "The requested offset is not within the range of offsets maintained by the server.",
  ],
  2: [
    "retriable",
    "This message has failed its CRC checksum, exceeds the valid size, has a null key for a " +
    "compacted topic, or is otherwise corrupt.",
  ],
  3: ["retriable", "This server does not host this topic-partition."],
  5: [
    "retriable",
    "There is no leader for this topic-partition as we are in the middle of a leadership election.",
  ],
  6: [
    "retriable",
    "For requests intended only for the leader, this error indicates that the broker is not the " +
    "current leader. For requests intended for any replica, this error indicates that the broker " +
    "is not a replica of the topic partition.",
  ],
  7: ["retriable", "The request timed out."],
  8: ["retriable", "The broker is not available."],
  10: [
    "fatal",
    "The request included a message larger than the max message size the server will accept.",
  ],
  14: ["retriable", "The coordinator is loading and hence can't process requests."],
  15: ["retriable", "The coordinator is not available."],
  16: ["retriable", "This is not the correct coordinator."],
  17: ["fatal", "The request attempted to perform an operation on an invalid topic."],
  18: [
    "fatal",
    "The request included message batch larger than the configured segment size on the server.",
  ],
  19: ["retriable", "Messages are rejected since there are fewer in-sync replicas than required."],
  20: [
    "retriable",
    "Messages are written to the log, but to fewer in-sync replicas than required.",
  ],
  25: ["fatal", "The coordinator is not aware of this member."],
  29: ["authorization", "Topic authorization failed."],
  30: ["authorization", "Group authorization failed."],
  31: ["authorization", "Cluster authorization failed."],
  32: ["fatal", "The timestamp of the message is out of acceptable range."],
  56: ["retriable", "Disk error when trying to access log file on the disk."],
  58: ["authentication", "SASL Authentication failed."],
  87: ["fatal", "This record has failed the validation on broker and hence will be rejected."],
};

/** The error of a number that a broker answered, about a topic or a group. */
export function kafkaError(
  code: number,
  { topic, group }: { topic?: string; group?: string } = {},
): KafkaError {
  if (code === errorCodes.topicAuthorizationFailed && topic !== undefined) {
    return new KafkaError(`Not authorized to access topics: [${topic}]`, "authorization", code);
  }
  if (code === errorCodes.groupAuthorizationFailed && group !== undefined) {
    return new KafkaError(`Not authorized to access group: ${group}`, "authorization", code);
  }
  const [kind, message] = messages[code] ?? [
    "fatal",
    "The server experienced an unexpected error when processing the request.",
  ];
  return new KafkaError(message, kind, code);
}
