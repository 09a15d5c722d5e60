import assert from "node:assert/strict";
import { noFaults } from "../../../sim/faults/plan.ts";
import { startKafka } from "../../../sim/kafka/mod.ts";
import { startKafkaRest } from "../../../sim/kafka_rest/mod.ts";
import { worldFromSeed } from "../../../sim/world.ts";

const v2 = "application/vnd.kafka.v2+json";
const json = "application/vnd.kafka.json.v2+json";
const binary = "application/vnd.kafka.binary.v2+json";

/** A broker, a proxy in front, and a client of the proxy; the clock can be moved on. */
async function startWorld() {
  const clock = { aheadMs: 0 };
  const world = worldFromSeed(1, () => Date.now() + clock.aheadMs);
  const dir = await Deno.makeTempDir();
  const kafka = await startKafka({ world, faults: noFaults, dir }, {
    autoCreateTopics: true,
    defaultPartitions: 2,
  });
  const rest = await startKafkaRest({ world, faults: noFaults, dir }, {
    brokers: [`127.0.0.1:${kafka.port}`],
  });
  const ask = async (method: string, path: string, body?: unknown, accept = "*/*") => {
    const response = await fetch(`http://127.0.0.1:${rest.port}${path}`, {
      method,
      headers: { accept, ...(body === undefined ? {} : { "content-type": v2 }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? null : JSON.parse(text) };
  };
  return {
    clock,
    port: rest.port,
    ask,
    async produce(topic: string, values: unknown[], partition = 0) {
      const response = await fetch(
        `http://127.0.0.1:${rest.port}/topics/${topic}/partitions/${partition}`,
        {
          method: "POST",
          headers: { "content-type": json },
          body: JSON.stringify({ records: values.map((value) => ({ value })) }),
        },
      );
      assert.equal((await response.json()).offsets.at(-1).error_code, null);
    },
    async create(group: string, config: Record<string, unknown> = {}) {
      const answer = await ask("POST", `/consumers/${group}`, {
        format: "json",
        "auto.offset.reset": "earliest",
        "consumer.request.timeout.ms": 60,
        ...config,
      });
      assert.equal(answer.status, 200);
      return `/consumers/${group}/instances/${answer.body.instance_id}`;
    },
    async values(instance: string) {
      const { body } = await ask("GET", `${instance}/records`, undefined, json);
      return body.map((record: { value: unknown }) => record.value);
    },
    async [Symbol.asyncDispose]() {
      await rest[Symbol.asyncDispose]();
      await kafka[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

Deno.test("Create, subscribe, read, delete: as the course does it", async () => {
  await using sim = await startWorld();
  await sim.produce("a.pin", [{ index: 7528, latitude: 12.0 }, null]);
  const created = await sim.ask("POST", "/consumers/students", {
    name: "me",
    format: "json",
    "auto.offset.reset": "earliest",
  });
  assert.deepEqual(created, {
    status: 200,
    body: {
      instance_id: "me",
      base_uri: `http://127.0.0.1:${sim.port}/consumers/students/instances/me`,
    },
  });
  const me = "/consumers/students/instances/me";
  assert.equal((await sim.ask("POST", `${me}/subscription`, { topics: ["a.pin"] })).status, 204);
  assert.deepEqual((await sim.ask("GET", `${me}/subscription`)).body, { topics: ["a.pin"] });
  assert.deepEqual((await sim.ask("GET", `${me}/records`, undefined, json)).body, [
    { topic: "a.pin", key: null, value: { index: 7528, latitude: 12 }, partition: 0, offset: 0 },
    { topic: "a.pin", key: null, value: null, partition: 0, offset: 1 },
  ]);
  assert.equal((await sim.ask("DELETE", me)).status, 204);
  assert.deepEqual(await sim.ask("GET", `${me}/records`, undefined, json), {
    status: 404,
    body: { error_code: 40403, message: "Consumer instance not found." },
  });
});

Deno.test("A deleted instance has committed, and the next one of its group goes on there", async () => {
  await using sim = await startWorld();
  await sim.produce("t", [1, 2]);
  const first = await sim.create("g");
  await sim.ask("POST", `${first}/subscription`, { topics: ["t"] });
  assert.deepEqual(await sim.values(first), [1, 2]);
  await sim.ask("DELETE", first);
  await sim.produce("t", [3]);
  const second = await sim.create("g");
  await sim.ask("POST", `${second}/subscription`, { topics: ["t"] });
  assert.deepEqual(await sim.values(second), [3]);
});

Deno.test("Instances of one group share the partitions, those of another get all", async () => {
  await using sim = await startWorld();
  await sim.produce("t", ["p0"], 0);
  await sim.produce("t", ["p1"], 1);
  const instances = [await sim.create("g"), await sim.create("g"), await sim.create("h")];
  for (const one of instances) await sim.ask("POST", `${one}/subscription`, { topics: ["t"] });
  const read = [];
  for (const one of instances) read.push(await sim.values(one));
  assert.deepEqual(read.slice(0, 2).flat().sort(), ["p0", "p1"]);
  assert.deepEqual(read.map((values) => values.length), [1, 1, 2]);
});

Deno.test("Binary instances give base64, and the wrong Accept is 40601", async () => {
  await using sim = await startWorld();
  await sim.produce("t", ["hi"]);
  const instance = await sim.create("g", { format: "binary" });
  await sim.ask("POST", `${instance}/subscription`, { topics: ["t"] });
  const wrong = await sim.ask("GET", `${instance}/records`, undefined, json);
  assert.deepEqual([wrong.status, wrong.body.error_code], [406, 40601]);
  const { body } = await sim.ask("GET", `${instance}/records`, undefined, binary);
  assert.equal(atob(body[0].value), '"hi"');
});

Deno.test("Assigned by hand, an instance can seek", async () => {
  await using sim = await startWorld();
  await sim.produce("t", [0, 1, 2, 3]);
  const instance = await sim.create("g");
  const t0 = { topic: "t", partition: 0 };
  assert.equal(
    (await sim.ask("POST", `${instance}/assignments`, { partitions: [t0] })).status,
    204,
  );
  assert.deepEqual((await sim.ask("GET", `${instance}/assignments`)).body, { partitions: [t0] });
  await sim.ask("POST", `${instance}/positions`, { offsets: [{ ...t0, offset: 2 }] });
  assert.deepEqual(await sim.values(instance), [2, 3]);
  await sim.ask("POST", `${instance}/positions/beginning`, { partitions: [t0] });
  assert.deepEqual(await sim.values(instance), [0, 1, 2, 3]);
  await sim.ask("POST", `${instance}/positions/end`, { partitions: [t0] });
  assert.deepEqual(await sim.values(instance), []);
  const elsewhere = { offsets: [{ topic: "t", partition: 1, offset: 0 }] };
  const refused = await sim.ask("POST", `${instance}/positions`, elsewhere);
  assert.deepEqual([refused.status, refused.body.error_code], [409, 40903]);
  const both = await sim.ask("POST", `${instance}/subscription`, { topics: ["t"] });
  assert.deepEqual([both.status, both.body.error_code], [409, 40903]);
});

Deno.test("Offsets are committed one past the record that is named, and told as committed", async () => {
  await using sim = await startWorld();
  await sim.produce("t", [0, 1, 2]);
  const t0 = { topic: "t", partition: 0 };
  const first = await sim.create("g", { "auto.commit.enable": "false" });
  await sim.ask("POST", `${first}/assignments`, { partitions: [t0] });
  assert.equal(
    (await sim.ask("POST", `${first}/offsets`, { offsets: [{ ...t0, offset: 0 }] })).status,
    200,
  );
  await sim.ask("DELETE", first);
  const second = await sim.create("g", { "auto.commit.enable": "false" });
  await sim.ask("POST", `${second}/subscription`, { topics: ["t"] });
  assert.deepEqual(await sim.values(second), [1, 2]);
  await sim.ask("POST", `${second}/offsets`);
  await sim.ask("DELETE", second);
  const third = await sim.create("g");
  await sim.ask("POST", `${third}/subscription`, { topics: ["t"] });
  assert.deepEqual(await sim.values(third), []);
});

Deno.test("max_bytes leaves the rest for the next read", async () => {
  await using sim = await startWorld();
  await sim.produce("t", ["aaaa", "bbbb", "cccc"]);
  const instance = await sim.create("g");
  await sim.ask("POST", `${instance}/subscription`, { topics: ["t"] });
  const read = async () => {
    const { body } = await sim.ask("GET", `${instance}/records?max_bytes=13`, undefined, json);
    return body.map((record: { value: unknown }) => record.value);
  };
  assert.deepEqual([await read(), await read()], [["aaaa", "bbbb"], ["cccc"]]);
});

Deno.test("A pattern subscribes to what matches, also to a topic that is made later", async () => {
  await using sim = await startWorld();
  await sim.produce("x.pin", [1]);
  await sim.produce("y.pin", [2]);
  const instance = await sim.create("g");
  await sim.ask("POST", `${instance}/subscription`, { topic_pattern: "x\\..*" });
  assert.deepEqual(await sim.values(instance), [1]);
  await sim.produce("x.geo", [3]);
  assert.deepEqual(await sim.values(instance), [3]);
});

Deno.test("Reading waits for records that come in time, and no longer than it may", async () => {
  await using sim = await startWorld();
  await sim.produce("t", [1]);
  const instance = await sim.create("g", {
    "auto.offset.reset": "latest",
    "consumer.request.timeout.ms": 500,
  });
  await sim.ask("POST", `${instance}/subscription`, { topics: ["t"] });
  await sim.ask("GET", `${instance}/assignments`);
  const reading = sim.values(instance);
  setTimeout(() => sim.produce("t", [2]), 30);
  assert.deepEqual(await reading, [2]);
  const start = performance.now();
  await sim.ask("GET", `${instance}/records?timeout=30`, undefined, json);
  assert.ok(performance.now() - start < 400);
});

Deno.test("An idle instance expires; a name in use and wrong settings are refused", async () => {
  await using sim = await startWorld();
  const instance = await sim.create("g", { name: "n" });
  const twice = await sim.ask("POST", "/consumers/g", { name: "n" });
  assert.deepEqual([twice.status, twice.body.error_code], [409, 40902]);
  const wrong = async (config: unknown) => {
    const { status, body } = await sim.ask("POST", "/consumers/g", config);
    return [status, body.error_code];
  };
  assert.deepEqual(await wrong({ format: "csv" }), [422, 422]);
  assert.deepEqual(await wrong({ format: "avro" }), [422, 42207]);
  assert.deepEqual(await wrong({ "auto.offset.reset": "now" }), [422, 42204]);
  assert.deepEqual(await wrong({ colour: "red" }), [422, 422]);
  assert.deepEqual(await wrong([1]), [400, 400]);
  const odd = await sim.ask("POST", "/consumers/g", { name: "\ud800", format: "json" });
  assert.match(odd.body.base_uri, /instances\/%EF%BF%BD$/);
  sim.clock.aheadMs = 300_001;
  assert.equal((await sim.ask("GET", `${instance}/subscription`)).status, 404);
});
