/**
 * What each API asks for: a request for each, what it needs in the order of asking, and the error of
 * each refusal. The questions are Kafka's (KafkaApis, ControllerApis) under MSK's names.
 */
import { alterConfigs } from "../../../sim/kafka/apis/alter_configs.ts";
import { createPartitions } from "../../../sim/kafka/apis/create_partitions.ts";
import { createTopics } from "../../../sim/kafka/apis/create_topics.ts";
import { deleteGroups } from "../../../sim/kafka/apis/delete_groups.ts";
import { deleteRecords } from "../../../sim/kafka/apis/delete_records.ts";
import { deleteTopics } from "../../../sim/kafka/apis/delete_topics.ts";
import { describeConfigs } from "../../../sim/kafka/apis/describe_configs.ts";
import { describeGroups } from "../../../sim/kafka/apis/describe_groups.ts";
import { fetch } from "../../../sim/kafka/apis/fetch.ts";
import { findCoordinator } from "../../../sim/kafka/apis/find_coordinator.ts";
import { heartbeat } from "../../../sim/kafka/apis/heartbeat.ts";
import { incrementalAlterConfigs } from "../../../sim/kafka/apis/incremental_alter_configs.ts";
import { initProducerId } from "../../../sim/kafka/apis/init_producer_id.ts";
import { joinGroup } from "../../../sim/kafka/apis/join_group.ts";
import { leaveGroup } from "../../../sim/kafka/apis/leave_group.ts";
import { listOffsets } from "../../../sim/kafka/apis/list_offsets.ts";
import { metadata } from "../../../sim/kafka/apis/metadata.ts";
import { offsetCommit } from "../../../sim/kafka/apis/offset_commit.ts";
import { offsetFetch } from "../../../sim/kafka/apis/offset_fetch.ts";
import { offsetForLeaderEpoch } from "../../../sim/kafka/apis/offset_for_leader_epoch.ts";
import { produce } from "../../../sim/kafka/apis/produce.ts";
import { syncGroup } from "../../../sim/kafka/apis/sync_group.ts";
import type { Call } from "../../../sim/kafka/api.ts";

type Ask = (call: Call) => unknown;

export const noId = "0".repeat(32);
const partitions = [{ index: 0 }];
export const member = { groupId: "g", memberId: "m", groupInstanceId: null, generationId: -1 };
const commit = { index: 0, offset: 1n, leaderEpoch: -1, metadata: null };
export const newTopic = {
  name: "new",
  partitionCount: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
};

export const write = (transactionalId: string | null) => (call: Call) =>
  produce.handle({
    transactionalId,
    acks: -1,
    topics: [{ name: "t", partitions: [{ index: 0, records: null }] }],
  }, call);

const read = (name: string | null, id: string) => (call: Call) =>
  fetch.handle({
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1000,
    sessionId: 0,
    topics: [{
      name,
      id,
      partitions: [{ index: 0, currentLeaderEpoch: -1, fetchOffset: 0n, bytesMax: 1000 }],
    }],
  }, call);

export const see =
  (topics: { id: string; name: string | null }[] | null, creates = false) => (call: Call) =>
    metadata.handle({ topics, allowAutoTopicCreation: creates }, call);

export const idOf = ({ broker }: Call) => broker.topics.get("t")?.id ?? noId;

/** What is asked -> the error of a refusal; null: it is left out, or still answered. */
export const cases: Record<string, { ask: Ask; needs: Record<string, number | null> }> = {
  "Produce": { ask: write(null), needs: { "WriteData topic/t": 29 } },
  "Produce in a transaction": {
    ask: write("x"),
    needs: { "AlterTransactionalId transactional-id/x": 53, "WriteData topic/t": 29 },
  },
  "Fetch": { ask: read("t", noId), needs: { "ReadData topic/t": 29 } },
  "Fetch by id": {
    ask: (call) => read(null, idOf(call))(call),
    needs: { "ReadData topic/t": 29 },
  },
  "Fetch of an unknown id": { ask: read(null, "1".repeat(32)), needs: {} },
  "ListOffsets": {
    ask: (call) =>
      listOffsets.handle({
        topics: [{
          name: "t",
          partitions: [{ index: 0, currentLeaderEpoch: -1, timestampMs: -1n }],
        }],
      }, call),
    needs: { "DescribeTopic topic/t": 29 },
  },
  "Metadata of all topics": { ask: see(null), needs: { "DescribeTopic topic/t": null } },
  "Metadata of a topic": {
    ask: see([{ id: noId, name: "t" }]),
    needs: { "DescribeTopic topic/t": 29 },
  },
  "Metadata of an id": {
    ask: (call) => see([{ id: idOf(call), name: null }])(call),
    needs: { "DescribeTopic topic/t": 29 },
  },
  "Metadata that creates": {
    ask: see([{ id: noId, name: "fresh" }], true),
    needs: { "DescribeTopic topic/fresh": 29, "CreateTopic topic/fresh": 29 },
  },
  "OffsetCommit": {
    ask: (call) =>
      offsetCommit.handle({ ...member, topics: [{ name: "t", partitions: [commit] }] }, call),
    needs: { "AlterGroup group/g": 30, "ReadData topic/t": 29 },
  },
  "OffsetFetch": {
    ask: (call) =>
      offsetFetch.handle({
        groups: [{ groupId: "g", topics: [{ name: "t", indexes: [0] }] }],
      }, call),
    needs: { "DescribeGroup group/g": 30, "DescribeTopic topic/t": 29 },
  },
  "OffsetFetch of all topics": {
    ask: (call) => offsetFetch.handle({ groups: [{ groupId: "committed", topics: null }] }, call),
    needs: { "DescribeGroup group/committed": 30, "DescribeTopic topic/t": null },
  },
  "FindCoordinator of a group": {
    ask: (call) => findCoordinator.handle({ keys: ["g"], keyType: 0 }, call),
    needs: { "DescribeGroup group/g": 30 },
  },
  "JoinGroup": {
    ask: (call) =>
      joinGroup.handle({
        ...{ groupId: "g", sessionTimeoutMs: 6000, rebalanceTimeoutMs: 6000 },
        ...{ memberId: "", groupInstanceId: null, protocolType: "consumer", protocols: [] },
      }, call),
    needs: { "AlterGroup group/g": 30 },
  },
  "SyncGroup": {
    ask: (call) =>
      syncGroup.handle(
        { ...member, protocolType: null, protocolName: null, assignments: [] },
        call,
      ),
    needs: { "AlterGroup group/g": 30 },
  },
  "Heartbeat": {
    ask: (call) => heartbeat.handle(member, call),
    needs: { "AlterGroup group/g": 30 },
  },
  "LeaveGroup": {
    ask: (call) =>
      leaveGroup.handle({
        groupId: "g",
        members: [{ memberId: "m", groupInstanceId: null }],
      }, call),
    needs: { "AlterGroup group/g": 30 },
  },
  "DescribeGroups": {
    ask: (call) => describeGroups.handle({ groups: ["g"] }, call),
    needs: { "DescribeGroup group/g": 30 },
  },
  "DeleteGroups": {
    ask: (call) => deleteGroups.handle({ groups: ["g"] }, call),
    needs: { "DeleteGroup group/g": 30 },
  },
  "CreateTopics": {
    ask: (call) => createTopics.handle({ topics: [newTopic], validateOnly: true }, call),
    needs: { "CreateTopic topic/new": 29, "DescribeTopicDynamicConfiguration topic/new": null },
  },
  "DeleteTopics": {
    ask: (call) => deleteTopics.handle({ topics: [{ name: "t", id: noId }] }, call),
    needs: { "DeleteTopic topic/t": 29 },
  },
  "DeleteTopics by id": {
    ask: (call) => deleteTopics.handle({ topics: [{ name: null, id: idOf(call) }] }, call),
    needs: { "DescribeTopic topic/t": 29, "DeleteTopic topic/t": 29 },
  },
  "DeleteRecords": {
    ask: (call) =>
      deleteRecords.handle(
        { topics: [{ name: "t", partitions: [{ index: 0, offset: -1n }] }] },
        call,
      ),
    needs: { "DeleteTopic topic/t": 29 },
  },
  "CreatePartitions": {
    ask: (call) =>
      createPartitions.handle(
        { topics: [{ name: "t", count: 2, assignments: null }], validateOnly: true },
        call,
      ),
    needs: { "AlterTopic topic/t": 29 },
  },
  "InitProducerId": {
    ask: (call) => initProducerId.handle({ transactionalId: null }, call),
    needs: { "WriteDataIdempotently cluster": 31 },
  },
  "OffsetForLeaderEpoch": {
    ask: (call) =>
      offsetForLeaderEpoch.handle({
        topics: [{
          name: "t",
          partitions: partitions.map(({ index }) => ({
            index,
            currentLeaderEpoch: -1,
            leaderEpoch: 0,
          })),
        }],
      }, call),
    needs: { "DescribeTopic topic/t": 29 },
  },
  "DescribeConfigs of a topic": {
    ask: (call) =>
      describeConfigs.handle(
        { resources: [{ type: 2, name: "t", keys: null }], includeSynonyms: false },
        call,
      ),
    needs: { "DescribeTopicDynamicConfiguration topic/t": 29 },
  },
  "DescribeConfigs of the broker": {
    ask: (call) =>
      describeConfigs.handle(
        { resources: [{ type: 4, name: "1", keys: null }], includeSynonyms: false },
        call,
      ),
    needs: { "DescribeClusterDynamicConfiguration cluster": 31 },
  },
  "AlterConfigs of a topic": {
    ask: (call) =>
      alterConfigs.handle(
        { resources: [{ type: 2, name: "t", configs: [] }], validateOnly: true },
        call,
      ),
    needs: { "AlterTopicDynamicConfiguration topic/t": 29 },
  },
  "AlterConfigs of the broker": {
    ask: (call) =>
      alterConfigs.handle(
        { resources: [{ type: 4, name: "1", configs: [] }], validateOnly: true },
        call,
      ),
    needs: { "AlterClusterDynamicConfiguration cluster": 31 },
  },
  "IncrementalAlterConfigs of a topic": {
    ask: (call) =>
      incrementalAlterConfigs.handle(
        { resources: [{ type: 2, name: "t", changes: [] }], validateOnly: true },
        call,
      ),
    needs: { "AlterTopicDynamicConfiguration topic/t": 29 },
  },
};
