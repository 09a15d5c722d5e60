import assert from "node:assert/strict";
import { noFaults } from "../../../sim/faults/plan.ts";
import { Broker } from "../../../sim/kafka/broker.ts";
import { worldFromSeed } from "../../../sim/world.ts";

Deno.test("Ids differ from one start to the next though the seed is the same", async () => {
  const dir = await Deno.makeTempDir();
  const ids: string[] = [];
  const clusterIds = new Set<string>();
  for (let start = 0; start < 3; start++) {
    using broker = new Broker({ world: worldFromSeed(1), faults: noFaults, dir }, {});
    ids.push(broker.topics.create(`t${start}`, 1, broker.topicConfig()).id);
    clusterIds.add(broker.clusterId);
  }
  assert.equal(new Set(ids).size, 3);
  assert.equal(clusterIds.size, 1);
  assert.match([...clusterIds][0] ?? "", /^[A-Za-z0-9_-]{22}$/);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("The same seed on an empty folder gives the same ids", async () => {
  const ids = new Set<string>();
  for (let run = 0; run < 2; run++) {
    const dir = await Deno.makeTempDir();
    using broker = new Broker({ world: worldFromSeed(7), faults: noFaults, dir }, {});
    ids.add(broker.topics.create("t", 1, broker.topicConfig()).id + broker.clusterId);
    await Deno.remove(dir, { recursive: true });
  }
  assert.equal(ids.size, 1);
});

Deno.test("A new topic's settings are its own over the broker's", async () => {
  const dir = await Deno.makeTempDir();
  const options = { segmentBytes: 1000 };
  using broker = new Broker({ world: worldFromSeed(1), faults: noFaults, dir }, options);
  assert.equal(broker.topicConfig().number("segment.bytes"), 1000);
  assert.equal(broker.topicConfig([["segment.bytes", "50"]]).number("segment.bytes"), 50);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("A broker whose counters and id went missing says so, and gives no id twice", async () => {
  const dir = await Deno.makeTempDir();
  const told: string[] = [];
  const context = {
    world: worldFromSeed(1),
    faults: noFaults,
    dir,
    tell: (sentence: string) => told.push(sentence),
  };
  const start = (topic: string) => {
    using broker = new Broker(context, {});
    const { id } = broker.topics.create(topic, 1, broker.topicConfig());
    return { topic: id, producer: broker.newProducerId(), member: broker.clusterId };
  };
  const before = [start("a"), start("b")];
  assert.equal(told.length, 0);
  const names = ["starts", "cluster_id", "producer_ids"].map((name) => `${dir}/${name}`);
  for (const name of names) {
    for (const file of [name, `${name}.copy`]) await Deno.remove(file);
  }
  const after = [start("c"), start("d")];
  assert.deepEqual(told.map((sentence) => sentence.split(" ")[0]), names);
  const all = [...before, ...after];
  assert.equal(new Set(all.map(({ topic }) => topic)).size, 4);
  assert.equal(new Set(all.map(({ producer }) => producer)).size, 4);
  await Deno.remove(dir, { recursive: true });
});
