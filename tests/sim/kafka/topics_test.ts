import assert from "node:assert/strict";
import { noFaults } from "../../../sim/faults/plan.ts";
import { TopicConfig } from "../../../sim/kafka/configs.ts";
import { partitionCountProblem, topicNameProblem, Topics } from "../../../sim/kafka/topics.ts";
import { StorageError } from "../../../sim/storage/append_file.ts";
import { encodeRecordBatch } from "../../../sim/storage/record_batch.ts";
import { worldFromSeed } from "../../../sim/world.ts";

let nextId = 0;

function open(dir: string, faults = noFaults): Topics {
  const newId = () => (nextId++).toString(16).padStart(16, "0").padEnd(32, "f");
  return new Topics({ dir, world: worldFromSeed(1), faults, newId });
}

function withDir(test: (dir: string) => void): () => void {
  return () => {
    const dir = Deno.makeTempDirSync();
    try {
      test(dir);
    } finally {
      Deno.removeSync(dir, { recursive: true });
    }
  };
}

const batch = () => encodeRecordBatch([{ key: null, value: null }], { timestampMs: 1 });
const told = (topics: Topics) =>
  topics.all().map(({ name, id, partitions, config }) => ({
    name,
    id,
    partitionCount: partitions.length,
    configs: config.entries(),
    ends: partitions.map(({ log }) => log.endOffset),
  }));

Deno.test(
  "Topics, their ids, settings and records are there after a restart",
  withDir((dir) => {
    let before: ReturnType<typeof told>;
    {
      using topics = open(dir);
      const one = topics.create("one", 2, new TopicConfig([["retention.ms", "5"]]));
      one.partitions[1]?.append(batch());
      const two = topics.create("two", 1, new TopicConfig());
      topics.addPartitions(two, 3);
      topics.configure(two, new TopicConfig([["segment.ms", "7"]]));
      topics.delete(topics.create("gone", 1, new TopicConfig()));
      before = told(topics);
      assert.equal(topics.byId(one.id), one);
      assert.equal(topics.partition("one", 2), undefined);
    }
    using topics = open(dir);
    assert.deepEqual(told(topics), before);
    assert.deepEqual(before.map(({ name, ends }) => [name, ends]), [
      ["one", [0n, 1n]],
      ["two", [0n, 0n, 0n]],
    ]);
  }),
);

Deno.test(
  "A topic made again under a deleted one's name is empty",
  withDir((dir) => {
    using topics = open(dir);
    const before = topics.create("again", 1, new TopicConfig());
    before.partitions[0]?.append(batch());
    topics.delete(before);
    const after = topics.create("again", 1, new TopicConfig());
    assert.equal(after.partitions[0]?.log.endOffset, 0n);
    assert.notEqual(after.id, before.id);
  }),
);

Deno.test(
  "What a crash left of a deleted topic is removed at the next start",
  withDir((dir) => {
    Deno.mkdirSync(`${dir}/logs/gone.0123.deleted/0`, { recursive: true });
    using _topics = open(dir);
    assert.deepEqual([...Deno.readDirSync(`${dir}/logs`)], []);
  }),
);

Deno.test(
  "A full disk changes nothing",
  withDir((dir) => {
    let isFull = false;
    using topics = open(dir, { strikes: () => isFull });
    const topic = topics.create("topic", 1, new TopicConfig());
    isFull = true;
    assert.throws(() => topics.create("other", 1, new TopicConfig()), StorageError);
    assert.throws(() => topics.addPartitions(topic, 4), StorageError);
    assert.throws(
      () => topics.configure(topic, new TopicConfig([["segment.ms", "7"]])),
      StorageError,
    );
    assert.throws(() => topics.delete(topic), StorageError);
    isFull = false;
    assert.deepEqual(told(topics).map(({ name, partitionCount }) => [name, partitionCount]), [
      ["topic", 1],
    ]);
    assert.deepEqual(topic.config.entries(), []);
  }),
);

Deno.test("Names follow Kafka's rules, as do numbers of partitions", () => {
  for (const name of ["a", "A.b_c-9", "x".repeat(249), "..."]) {
    assert.equal(topicNameProblem(name), null, name);
  }
  for (const name of ["", ".", "..", "a b", "a/b", "ä", "x".repeat(250)]) {
    assert.notEqual(topicNameProblem(name), null, name);
  }
  assert.equal(partitionCountProblem(1), null);
  assert.equal(partitionCountProblem(0)?.error, 37);
  assert.equal(partitionCountProblem(10_001)?.error, 37);
});

/** Opens the topics twice; only the first time may have something to tell. */
function openTwice(dir: string): { found: ReturnType<typeof told>; sentences: string[] } {
  const sentences: string[] = [];
  const tell = (sentence: string) => sentences.push(sentence);
  const context = { dir, world: worldFromSeed(1), faults: noFaults, newId: () => "", tell };
  const openOnce = () => {
    using topics = new Topics(context);
    return told(topics);
  };
  const found = openOnce();
  const toldCount = sentences.length;
  assert.deepEqual(openOnce(), found);
  assert.equal(sentences.length, toldCount);
  return { found, sentences };
}

function withTopics(test: (dir: string, before: ReturnType<typeof told>) => void): () => void {
  return withDir((dir) => {
    let before: ReturnType<typeof told>;
    {
      using topics = open(dir);
      topics.create("one", 3, new TopicConfig([["retention.ms", "-1"]])).partitions[2]!
        .append(batch());
      topics.create("two", 1, new TopicConfig()).partitions[0]!.append(batch());
      before = told(topics);
    }
    test(dir, before);
  });
}

Deno.test(
  "A topics.json that is missing, empty or garbage comes back from its copy, and is told",
  withTopics((dir, before) => {
    const path = `${dir}/topics.json`;
    for (const damage of [null, "", '[{"name":', "[]"]) {
      if (damage === null) Deno.removeSync(path);
      else Deno.writeTextFileSync(path, damage);
      const { found, sentences } = openTwice(dir);
      assert.deepEqual(found, before);
      assert.equal(sentences.length, 1, sentences.join("\n"));
      assert.ok(sentences[0]?.startsWith(`${path} was `));
    }
  }),
);

Deno.test(
  "Without topics.json and its copy the start is refused, by name, and no record is removed",
  withTopics((dir) => {
    for (const name of ["topics.json", "topics.json.copy"]) Deno.removeSync(`${dir}/${name}`);
    const before = [...Deno.readDirSync(`${dir}/logs`)].map(({ name }) => name);
    assert.throws(
      () => open(dir),
      /Cannot read .*topics\.json: it and its copy are missing.*one\./,
    );
    assert.deepEqual([...Deno.readDirSync(`${dir}/logs`)].map(({ name }) => name), before);
  }),
);

Deno.test(
  "Records that topics.json does not know are kept: a partition joins its topic, a topic steps aside",
  withTopics((dir, before) => {
    {
      using topics = open(dir);
      const one = topics.get("one")!;
      Deno.mkdirSync(`${dir}/logs/one.${one.id.slice(0, 16)}/4`);
      Deno.mkdirSync(`${dir}/logs/other.0123/0`, { recursive: true });
    }
    const { found, sentences } = openTwice(dir);
    assert.deepEqual(found[0]!.ends, [...before[0]!.ends, 0n, 0n]);
    assert.deepEqual(found[1], before[1]);
    assert.equal(sentences.length, 2, sentences.join("\n"));
    assert.match(sentences[0]!, /other\.0123: records of no topic .* set aside as .*\.aside$/);
    assert.match(sentences[1]!, /has 5 partitions where topics\.json said 3; all are kept$/);
    assert.ok(Deno.statSync(`${dir}/logs/other.0123.aside/0`).isDirectory);
  }),
);

Deno.test(
  "A topic whose deletion was interrupted before it was written down is there again",
  withTopics((dir, before) => {
    const folder = `${dir}/logs/two.${before[1]!.id.slice(0, 16)}`;
    Deno.renameSync(folder, `${folder}.deleted`);
    assert.deepEqual(openTwice(dir), { found: before, sentences: [] });
  }),
);
