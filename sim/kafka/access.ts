/**
 * Access: which of IAM's actions each API of Kafka needs, on which resource, and what it answers
 * where it may not.
 *
 * Who comes by a listener without IAM may do everything. Who comes by the iam listener is asked
 * about with each request, so that a change of policies holds from the next one on. Each API asks
 * before it does anything; one request may be allowed for one topic and refused for another.
 *
 *   topic             29 TOPIC_AUTHORIZATION_FAILED
 *   group             30 GROUP_AUTHORIZATION_FAILED
 *   cluster           31 CLUSTER_AUTHORIZATION_FAILED
 *   transactional-id  53 TRANSACTIONAL_ID_AUTHORIZATION_FAILED
 *
 * Unlike with Kafka's own ACLs, one action implies no other: who may write but not describe is
 * refused when its client asks for Metadata, which is why MSK's table of actions names both.
 *
 * Source: Apache Kafka, KafkaApis and ControllerApis (what is asked, in which order); Amazon MSK
 * developer guide, "Semantics of IAM authorization policy actions and resources" (the names).
 * Left out: Kafka's ACLs (they do not hold for IAM), so principals of the scram listener may do
 * everything; WriteData on any topic in place of WriteDataIdempotently (KIP-679).
 */
import type { Call } from "./api.ts";
import type { ResourceType } from "./cluster.ts";
import { type ErrorCode, errors } from "./errors.ts";

/** What each action is about. `Connect` is asked when a client proves who it is. */
const resourceOf = {
  DescribeCluster: "cluster",
  DescribeClusterDynamicConfiguration: "cluster",
  AlterClusterDynamicConfiguration: "cluster",
  WriteDataIdempotently: "cluster",
  CreateTopic: "topic",
  DescribeTopic: "topic",
  AlterTopic: "topic",
  DeleteTopic: "topic",
  DescribeTopicDynamicConfiguration: "topic",
  AlterTopicDynamicConfiguration: "topic",
  ReadData: "topic",
  WriteData: "topic",
  DescribeGroup: "group",
  AlterGroup: "group",
  DeleteGroup: "group",
  DescribeTransactionalId: "transactional-id",
  AlterTransactionalId: "transactional-id",
} as const satisfies Record<string, ResourceType>;

/** Behind `kafka-cluster:`. */
export type Action = keyof typeof resourceOf;

const codeOf: Record<ResourceType, ErrorCode> = {
  "cluster": errors.CLUSTER_AUTHORIZATION_FAILED,
  "topic": errors.TOPIC_AUTHORIZATION_FAILED,
  "group": errors.GROUP_AUTHORIZATION_FAILED,
  "transactional-id": errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
};

/** By API: what each part of a request needs. */
export const needs = {
  produce: { topic: "WriteData", transactionalId: "AlterTransactionalId" },
  fetch: { topic: "ReadData" },
  listOffsets: { topic: "DescribeTopic" },
  metadata: { topic: "DescribeTopic", newTopic: "CreateTopic" },
  offsetCommit: { group: "AlterGroup", topic: "ReadData" },
  offsetFetch: { group: "DescribeGroup", topic: "DescribeTopic" },
  findCoordinator: { group: "DescribeGroup", transactionalId: "DescribeTransactionalId" },
  joinGroup: { group: "AlterGroup" },
  syncGroup: { group: "AlterGroup" },
  heartbeat: { group: "AlterGroup" },
  leaveGroup: { group: "AlterGroup" },
  describeGroups: { group: "DescribeGroup" },
  /** All of them, or those that may be described. */
  listGroups: { cluster: "DescribeCluster", group: "DescribeGroup" },
  deleteGroups: { group: "DeleteGroup" },
  /** Its settings are told to who may see them. */
  createTopics: { topic: "CreateTopic", settings: "DescribeTopicDynamicConfiguration" },
  /** A name is told to who may describe it. */
  deleteTopics: { topic: "DeleteTopic", name: "DescribeTopic" },
  deleteRecords: { topic: "DeleteTopic" },
  createPartitions: { topic: "AlterTopic" },
  initProducerId: { cluster: "WriteDataIdempotently", transactionalId: "AlterTransactionalId" },
  offsetForLeaderEpoch: { topic: "DescribeTopic" },
  describeConfigs: {
    topic: "DescribeTopicDynamicConfiguration",
    cluster: "DescribeClusterDynamicConfiguration",
  },
  alterConfigs: {
    topic: "AlterTopicDynamicConfiguration",
    cluster: "AlterClusterDynamicConfiguration",
  },
} as const satisfies Record<string, Record<string, Action>>;

/** What Kafka says of these errors where there is room for words. */
export const denialTexts: Partial<Record<ErrorCode, string>> = {
  [errors.TOPIC_AUTHORIZATION_FAILED]: "Topic authorization failed.",
  [errors.GROUP_AUTHORIZATION_FAILED]: "Group authorization failed.",
  [errors.CLUSTER_AUTHORIZATION_FAILED]: "Cluster authorization failed.",
  [errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED]: "Transactional Id authorization failed.",
};

/**
 * Null: it may.
 * @param name of the topic, the group or the transactional id; the cluster needs none
 */
export function denied(call: Call, action: Action, name = ""): ErrorCode | null {
  const refusal = refusalOf(call, action, name, false);
  if (refusal === null) return null;
  call.note?.because(refusal.message);
  return codeOf[resourceOf[action]];
}

/** Whether something that is only told to who may see it is told. */
export function mayBeTold(call: Call, action: Action, name = ""): boolean {
  return refusalOf(call, action, name, true) === null;
}

function refusalOf({ broker, session }: Call, action: Action, name: string, isOptional: boolean) {
  if (!session.listener.asksIam) return null;
  const { cluster } = broker;
  return cluster.door.refusalOf({
    principal: session.principal,
    action: `kafka-cluster:${action}`,
    resource: cluster.arnOf(resourceOf[action], name),
    context: session.context,
    isOptional,
  });
}
