/**
 * Each API, what it asks for, and what it answers where one of it is refused. The expected questions
 * are Kafka's (KafkaApis, ControllerApis) under MSK's names.
 */
import assert from "node:assert/strict";
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
import { listGroups } from "../../../sim/kafka/apis/list_groups.ts";
import { listOffsets } from "../../../sim/kafka/apis/list_offsets.ts";
import { metadata } from "../../../sim/kafka/apis/metadata.ts";
import { offsetCommit } from "../../../sim/kafka/apis/offset_commit.ts";
import { offsetFetch } from "../../../sim/kafka/apis/offset_fetch.ts";
import { offsetForLeaderEpoch } from "../../../sim/kafka/apis/offset_for_leader_epoch.ts";
import { produce } from "../../../sim/kafka/apis/produce.ts";
import { syncGroup } from "../../../sim/kafka/apis/sync_group.ts";
import type { Call } from "../../../sim/kafka/api.ts";
import { apis } from "../../../sim/kafka/apis/mod.ts";
import { Writer } from "../../../sim/net/bytes.ts";
import { joined, withBroker } from "./apis/golden.ts";
import { key, type TestDoor, watchedDoor } from "./doors.ts";

type Ask = (call: Call) => unknown;

const noId = "0".repeat(32);
const partitions = [{ index: 0 }];
const member = { groupId: "g", memberId: "m", groupInstanceId: null, generationId: -1 };
const commit = { index: 0, offset: 1n, leaderEpoch: -1, metadata: null };
const newTopic = {
  name: "new",
  partitionCount: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
};

const write = (transactionalId: string | null) => (call: Call) =>
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

const see =
  (topics: { id: string; name: string | null }[] | null, creates = false) => (call: Call) =>
    metadata.handle({ topics, allowAutoTopicCreation: creates }, call);

const idOf = ({ broker }: Call) => broker.topics.get("t")?.id ?? noId;

/** What is asked -> the error of a refusal; null: it is left out, or still answered. */
const cases: Record<string, { ask: Ask; needs: Record<string, number | null> }> = {
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

const denials = [29, 30, 31, 53];

/** Every error in an answer that says that somebody may not. */
function denialsIn(answer: unknown): number[] {
  if (typeof answer !== "object" || answer === null || ArrayBuffer.isView(answer)) return [];
  return Object.entries(answer).flatMap(([name, value]) =>
    name === "error" && denials.includes(value) ? [value] : denialsIn(value)
  );
}

/** A broker with a topic `t` of which the group `committed` has read something. */
function withDoor(test: (door: TestDoor, call: (version: number) => Call) => Promise<void>) {
  const door = watchedDoor();
  const options = { listeners: { iam: { port: 9098, tls: true } }, door, autoCreateTopics: true };
  return withBroker(options, async (broker, call) => {
    broker.topics.create("t", 1, broker.topicConfig());
    const read = { topic: "t", partition: 0, offset: 1n, leaderEpoch: -1, metadata: "" };
    broker.coordinator.offsets.commit("committed", [read]);
    call(0).session.principal = key.principal;
    await test(door, call);
  });
}

for (const [name, { ask, needs }] of Object.entries(cases)) {
  Deno.test(
    `${name} asks for what it needs, in this order, and is answered`,
    withDoor(async (door, call) => {
      const answer = await ask(call(8));
      assert.deepEqual(door.asked, Object.keys(needs));
      assert.deepEqual(denialsIn(answer), []);
    }),
  );
  for (const [need, error] of Object.entries(needs)) {
    Deno.test(
      `${name} without ${need} is refused with ${error ?? "no error"}`,
      withDoor(async (door, call) => {
        door.refused.add(need);
        assert.deepEqual(denialsIn(await ask(call(8))), error === null ? [] : [error]);
      }),
    );
  }
}

Deno.test("every API is in the list, but for those that everybody may call", () => {
  const listed = new Set(Object.keys(cases).map((name) => name.split(" ")[0]));
  const missing = [...apis.values()].map(({ name }) => name).filter((name) => !listed.has(name));
  assert.deepEqual(missing.sort(), [
    "ApiVersions",
    "ListGroups",
    "SaslAuthenticate",
    "SaslHandshake",
  ]);
});

Deno.test(
  "resources are named by region, account, cluster and its UUID",
  withDoor(async (door, call) => {
    await write("x")(call(8));
    await initProducerId.handle({ transactionalId: null }, call(4));
    const { world, cluster } = call(0).broker;
    const uuid = /^.*\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-1)$/.exec(cluster.arn)?.[1];
    const prefix = `arn:aws:kafka:us-east-1:${world.accountId}`;
    assert.deepEqual(door.resources, [
      `${prefix}:transactional-id/pinterest/${uuid}/x`,
      `${prefix}:topic/pinterest/${uuid}/t`,
      `${prefix}:cluster/pinterest/${uuid}`,
    ]);
  }),
);

Deno.test(
  "Metadata of all topics shows those that may be described",
  withDoor(async (door, call) => {
    const { broker } = call(8);
    broker.topics.create("secret", 1, broker.topicConfig());
    door.refused.add("DescribeTopic topic/secret");
    const answer = await metadata.handle({ topics: null, allowAutoTopicCreation: false }, call(8));
    assert.deepEqual(answer?.topics.map(({ name }) => name), ["t"]);
  }),
);

Deno.test(
  "Metadata of a topic that may not be described tells neither its id nor whether it exists",
  withDoor(async (door, call) => {
    for (const name of ["t", "nothing"]) {
      door.refused.add(`DescribeTopic topic/${name}`);
      const answer = await see([{ id: noId, name }])(call(8));
      assert.deepEqual(answer?.topics, [{ error: 29, name, id: noId, partitionCount: 0 }]);
    }
  }),
);

Deno.test(
  "by its id neither Metadata nor DeleteTopics tells the name of what may not be described",
  withDoor(async (door, call) => {
    door.refused.add("DescribeTopic topic/t");
    const id = idOf(call(8));
    const seen = await see([{ id, name: null }])(call(12));
    assert.deepEqual(seen?.topics, [{ error: 29, name: null, id, partitionCount: 0 }]);
    const deleted = await deleteTopics.handle({ topics: [{ name: null, id }] }, call(6));
    assert.deepEqual(deleted?.topics, [{ name: null, id, error: 29, message: null }]);
  }),
);

Deno.test(
  "ListGroups shows all to who describes the cluster, to others the groups they may describe",
  withDoor(async (door, call) => {
    const { broker } = call(4);
    for (const groupId of ["a", "b"]) broker.coordinator.commitProblem({ ...member, groupId });
    const ids = async () =>
      (await listGroups.handle({ states: [] }, call(4)))?.groups.map(({ id }) => id);
    assert.ok((await ids())?.includes("a"));
    assert.deepEqual(door.asked, ["DescribeCluster cluster"]);
    door.refused.add("DescribeCluster cluster").add("DescribeGroup group/a");
    const seen = await ids();
    assert.ok(seen?.includes("b") && !seen.includes("a"));
  }),
);

Deno.test(
  "What is refused is not done",
  withDoor(async (door, call) => {
    const { broker } = call(8);
    for (const { needs } of Object.values(cases)) {
      for (const [need, error] of Object.entries(needs)) if (error) door.refused.add(need);
    }
    for (const { ask } of Object.values(cases)) await ask(call(8));
    assert.deepEqual(broker.topics.all().map(({ name }) => name), ["t"]);
    assert.equal(broker.topics.get("t")?.partitions.length, 1);
    assert.equal(broker.topics.partition("t", 0)?.log.endOffset, 0n);
    assert.deepEqual(broker.coordinator.offsets.of("g"), []);
    assert.equal(broker.coordinator.get("g"), undefined);
  }),
);

Deno.test(
  "CreateTopics hides the settings of a topic from who may not see them, and tells why",
  withDoor(async (door, call) => {
    door.refused.add("DescribeTopicDynamicConfiguration topic/new");
    const answer = await createTopics.handle({ topics: [newTopic], validateOnly: true }, call(5));
    const writer = new Writer({ flexible: true });
    createTopics.encode(writer, answer ?? { topics: [] }, 5);
    // throttle 0; one topic, "new", error 0, no message, -1 partitions, -1 replicas, no configs,
    // one tag: number 0, two bytes, 29; no more tags
    const expected = "00000000 02 046e6577 0000 00 ffffffff ffff 01 01 00 02 001d 00";
    assert.equal(joined(writer).toHex(), expected.replaceAll(" ", ""));
  }),
);

Deno.test(
  "a change of what is allowed holds from the next request on",
  withDoor(async (door, call) => {
    assert.deepEqual(denialsIn(await write(null)(call(8))), []);
    door.refused.add("WriteData topic/t");
    assert.deepEqual(denialsIn(await write(null)(call(8))), [29]);
    door.refused.clear();
    assert.deepEqual(denialsIn(await write(null)(call(8))), []);
  }),
);

for (const name of ["plain", "tls", "scram"]) {
  const door = watchedDoor();
  Deno.test(
    `nobody is asked about who comes by the ${name} listener`,
    withBroker({ listeners: { [name]: { port: 9092 } }, door }, async (broker, call) => {
      broker.topics.create("t", 1, broker.topicConfig());
      for (const { ask } of Object.values(cases)) await ask(call(8));
      assert.deepEqual(door.asked, []);
    }),
  );
}
