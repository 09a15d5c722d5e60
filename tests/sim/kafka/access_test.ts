/** Each API, what it asks for, and what it answers where one of it is refused. */
import assert from "node:assert/strict";
import { createTopics } from "../../../sim/kafka/apis/create_topics.ts";
import { deleteTopics } from "../../../sim/kafka/apis/delete_topics.ts";
import { initProducerId } from "../../../sim/kafka/apis/init_producer_id.ts";
import { listGroups } from "../../../sim/kafka/apis/list_groups.ts";
import { metadata } from "../../../sim/kafka/apis/metadata.ts";
import type { Call } from "../../../sim/kafka/api.ts";
import { apis } from "../../../sim/kafka/apis/mod.ts";
import { Writer } from "../../../sim/net/bytes.ts";
import { cases, idOf, member, newTopic, noId, see, write } from "./access_cases.ts";
import { joined, withBroker } from "./apis/golden.ts";
import { key, type TestDoor, watchedDoor } from "./doors.ts";

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
