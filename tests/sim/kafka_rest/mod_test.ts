import assert from "node:assert/strict";
import { type FaultPoint, faultsWithOdds, noFaults } from "../../../sim/faults/plan.ts";
import { type KafkaRestOptions, startKafkaRest } from "../../../sim/kafka_rest/mod.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { exchange } from "../net/raw_http.ts";
import { startFakeBroker } from "./fake_broker.ts";

const v2 = "application/vnd.kafka.v2+json";
const json = "application/vnd.kafka.json.v2+json";
const binary = "application/vnd.kafka.binary.v2+json";

function startRest(
  brokerPort: number,
  options: Partial<KafkaRestOptions> = {},
  odds: Partial<Record<FaultPoint, number>> = {},
) {
  const world = worldFromSeed(1);
  const faults = Object.keys(odds).length === 0 ? noFaults : faultsWithOdds(world, odds);
  return startKafkaRest({ world, faults, dir: "" }, {
    brokers: [`127.0.0.1:${brokerPort}`],
    maxBlockMs: 30,
    deliveryTimeoutMs: 80,
    retryBackoffMs: 5,
    ...options,
  });
}

/** Status, type and body of a request. */
async function ask(port: number, path: string, init: RequestInit = {}) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  return [response.status, response.headers.get("content-type"), await response.text()];
}

const post = (body: string, type = json) => ({
  method: "POST",
  headers: { "content-type": type },
  body,
});

const nothingElse = '"key_schema_id":null,"value_schema_id":null}';

Deno.test("All written: entries with offsets, nulls written out", async () => {
  await using broker = startFakeBroker();
  await using rest = await startRest(broker.port);
  assert.deepEqual(
    await ask(rest.port, "/topics/t", post('{"records":[{"value":{"a": 1}},{"key":"k"}]}')),
    [
      200,
      v2,
      '{"offsets":[{"partition":0,"offset":0,"error_code":null,"error":null},' +
      `{"partition":0,"offset":1,"error_code":null,"error":null}],${nothingElse}`,
    ],
  );
  assert.deepEqual(broker.stored, [
    { topic: "t", partition: 0, key: null, value: '{"a":1}' },
    { topic: "t", partition: 0, key: '"k"', value: null },
  ]);
});

Deno.test("The request of the course's emulator is served to the letter", async () => {
  await using broker = startFakeBroker();
  await using rest = await startRest(broker.port);
  // As Python's requests 2.31 sends json.dumps(…): blanks after separators, ASCII escapes.
  const body = '{"records": [{"value": {"index": 7528, "title": "Caf\\u00e9 \\ud83d\\ude00", ' +
    '"downloaded": 1, "follower_count": "6k"}}]}';
  const answer = await exchange(rest.port, [
    `POST /topics/t HTTP/1.1\r\nHost: 127.0.0.1:${rest.port}\r\nUser-Agent: python-requests/2.31.0\r\n` +
    "Accept-Encoding: gzip, deflate\r\nAccept: */*\r\nConnection: keep-alive\r\n" +
    `Content-Type: ${json}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  ], (text) => text.endsWith("}"));
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\nContent-Type: application\/vnd\.kafka\.v2\+json\r\n/);
  assert.equal(
    broker.stored[0]?.value,
    '{"index":7528,"title":"Café 😀","downloaded":1,"follower_count":"6k"}',
  );
});

Deno.test("A request without Accept is served", async () => {
  await using broker = startFakeBroker();
  await using rest = await startRest(broker.port);
  const body = '{"records":[{"value":1}]}';
  const answer = await exchange(rest.port, [
    `POST /topics/t HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ${json}\r\nConnection: close\r\n` +
    `Content-Length: ${body.length}\r\n\r\n${body}`,
  ]);
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
});

Deno.test("Binary records are stored as their bytes", async () => {
  await using broker = startFakeBroker();
  await using rest = await startRest(broker.port);
  await ask(rest.port, "/topics/t", post('{"records":[{"key":"azE=","value":"aGk="}]}', binary));
  assert.deepEqual(broker.stored, [{ topic: "t", partition: 0, key: "k1", value: "hi" }]);
});

Deno.test("The partition of a record wins over that of the path", async () => {
  await using broker = startFakeBroker();
  broker.topics.set("t", 3);
  await using rest = await startRest(broker.port);
  await ask(
    rest.port,
    "/topics/t/partitions/2",
    post('{"records":[{"value":1},{"value":2,"partition":1}]}'),
  );
  assert.deepEqual(broker.stored.map(({ partition, value }) => [partition, value]).sort(), [
    [1, "2"],
    [2, "1"],
  ]);
});

Deno.test("A body of another type is 415, as plain JSON unless the proxy's type is asked for", async () => {
  await using broker = startFakeBroker();
  await using rest = await startRest(broker.port);
  const body = '{"error_code":415,"message":"HTTP 415 Unsupported Media Type"}';
  for (const type of ["application/json", v2, "text/plain"]) {
    assert.deepEqual(await ask(rest.port, "/topics/t", post("{}", type)), [
      415,
      "application/json",
      body,
    ]);
  }
  const headers = { "content-type": "application/json", accept: v2 };
  assert.deepEqual(await ask(rest.port, "/topics/t", { method: "POST", headers, body: "{}" }), [
    415,
    v2,
    body,
  ]);
});

Deno.test("Unknown path 404, wrong verb 405, bad Accept 406: the same envelope", async () => {
  await using broker = startFakeBroker();
  await using rest = await startRest(broker.port);
  assert.deepEqual(await ask(rest.port, "/nothing"), [
    404,
    v2,
    '{"error_code":404,"message":"HTTP 404 Not Found"}',
  ]);
  assert.deepEqual(
    await ask(rest.port, "/topics", { method: "PUT" }),
    [405, v2, '{"error_code":405,"message":"HTTP 405 Method Not Allowed"}'],
  );
  const headers = { "content-type": json, accept: "application/json" };
  assert.deepEqual(
    await ask(rest.port, "/topics/t", {
      method: "POST",
      headers,
      body: '{"records":[{"value":1}]}',
    }),
    [406, v2, '{"error_code":406,"message":"HTTP 406 Not Acceptable"}'],
  );
  assert.equal(broker.stored.length, 0);
});

Deno.test("Formats with a schema need a registry: 422 / 42207", async () => {
  await using broker = startFakeBroker();
  await using rest = await startRest(broker.port);
  for (const format of ["avro", "protobuf", "jsonschema"]) {
    const request = post('{"records":[{"value":1}]}', `application/vnd.kafka.${format}.v2+json`);
    const [status, , body] = await ask(rest.port, "/topics/t", request);
    assert.equal(status, 422);
    assert.match(String(body), /^\{"error_code":42207,"message":".*Schema Registry not defined/);
  }
});

Deno.test("A body that cannot be read refuses the whole request, and nothing is sent", async () => {
  await using broker = startFakeBroker();
  await using rest = await startRest(broker.port);
  const refused: [string, string, number][] = [
    ["{}", json, 422],
    ['{"records":[]}', json, 422],
    ["", json, 422],
    ['{"index":1}', json, 422],
    ['{"records":[{"value":1},', json, 400],
    ['{"records":[{"value":"aGk="},{"value":"?"}]}', binary, 400],
  ];
  for (const [body, type, status] of refused) {
    const [found, , text] = await ask(rest.port, "/topics/t", post(body, type));
    assert.equal(found, status, body);
    assert.equal(JSON.parse(String(text)).error_code, status);
  }
  assert.equal(broker.produceCount, 0);
});

Deno.test("A missing topic is 200 with 50003 in every entry, after max.block.ms each", async () => {
  await using broker = startFakeBroker();
  await using rest = await startRest(broker.port);
  const entry = '{"partition":null,"offset":null,"error_code":50003,' +
    '"error":"Topic typo not present in metadata after 30 ms."}';
  const start = performance.now();
  assert.deepEqual(
    await ask(rest.port, "/topics/typo", post('{"records":[{"value":1},{"value":2}]}')),
    [
      200,
      v2,
      `{"offsets":[${entry},${entry}],${nothingElse}`,
    ],
  );
  assert.ok(performance.now() - start >= 59);
});

Deno.test("A record over 1 MiB is 50002, for that record alone", async () => {
  await using broker = startFakeBroker();
  await using rest = await startRest(broker.port);
  const value = "x".repeat(1_048_576);
  const [status, , body] = await ask(
    rest.port,
    "/topics/t",
    post(JSON.stringify({ records: [{ value: 1 }, { value }, { value: 2 }] })),
  );
  const { offsets } = JSON.parse(String(body));
  assert.equal(status, 200);
  assert.deepEqual(offsets.map((entry: { error_code: number }) => entry.error_code), [
    null,
    50002,
    null,
  ]);
  assert.match(
    offsets[1].error,
    /larger than 1048576, which is the value of the max\.request\.size/,
  );
  assert.deepEqual(broker.stored.map((one) => one.value), ["1", "2"]);
});

Deno.test("A denied topic is 403 with a normal body", async () => {
  await using broker = startFakeBroker();
  broker.topicErrors.set("secret", 29);
  await using rest = await startRest(broker.port);
  assert.deepEqual(await ask(rest.port, "/topics/secret", post('{"records":[{"value":1}]}')), [
    403,
    v2,
    '{"offsets":[{"partition":null,"offset":null,"error_code":40301,' +
    `"error":"Not authorized to access topics: [secret]"}],${nothingElse}`,
  ]);
});

Deno.test("One denied partition is 403, and the other offsets are filled", async () => {
  await using broker = startFakeBroker();
  broker.topics.set("t", 2);
  broker.partitionErrors.set(0, 29);
  await using rest = await startRest(broker.port);
  const [status, , body] = await ask(
    rest.port,
    "/topics/t",
    post('{"records":[{"value":1,"partition":0},{"value":2,"partition":1}]}'),
  );
  assert.equal(status, 403);
  assert.equal(
    body,
    '{"offsets":[{"partition":null,"offset":null,"error_code":40301,' +
      '"error":"Not authorized to access topics: [t]"},' +
      `{"partition":1,"offset":0,"error_code":null,"error":null}],${nothingElse}`,
  );
  assert.equal(broker.produceCount, 1);
});

Deno.test("A negative partition is 500 for the whole request, those before it are stored", async () => {
  await using broker = startFakeBroker();
  await using rest = await startRest(broker.port);
  const body = '{"records":[{"value":1},{"value":2,"partition":-1},{"value":3}]}';
  assert.deepEqual(await ask(rest.port, "/topics/t", post(body)), [
    500,
    v2,
    '{"error_code":500,"message":"Internal Server Error"}',
  ]);
  assert.deepEqual(broker.stored.map(({ value }) => value), ["1"]);
});

Deno.test("A broker that is gone: 50003 for known topics and unknown ones", async () => {
  const broker = startFakeBroker();
  await using rest = await startRest(broker.port);
  await ask(rest.port, "/topics/t", post('{"records":[{"value":1}]}'));
  await broker[Symbol.asyncDispose]();
  for (const topic of ["t", "other"]) {
    const [status, , body] = await ask(
      rest.port,
      `/topics/${topic}`,
      post('{"records":[{"value":1}]}'),
    );
    assert.equal(status, 200);
    assert.equal(JSON.parse(String(body)).offsets[0].error_code, 50003);
  }
  assert.deepEqual((await ask(rest.port, "/topics"))[0], 500);
});

Deno.test("Topics, partitions and brokers are told as the cluster has them", async () => {
  await using broker = startFakeBroker();
  broker.topics = new Map([["b", 1], ["a", 2]]);
  await using rest = await startRest(broker.port);
  const part = (id: number) =>
    `{"partition":${id},"leader":1,"replicas":[{"broker":1,"leader":true,"in_sync":true}]}`;
  assert.deepEqual(await ask(rest.port, "/"), [200, v2, "{}"]);
  assert.deepEqual(await ask(rest.port, "/topics"), [200, v2, '["a","b"]']);
  assert.deepEqual(await ask(rest.port, "/brokers"), [200, v2, '{"brokers":[1]}']);
  assert.deepEqual(await ask(rest.port, "/topics/a/partitions"), [
    200,
    v2,
    `[${part(0)},${part(1)}]`,
  ]);
  assert.deepEqual(await ask(rest.port, "/topics/a/partitions/1"), [200, v2, part(1)]);
  assert.deepEqual(
    await ask(rest.port, "/topics/a/partitions/2"),
    [404, v2, '{"error_code":40402,"message":"Partition not found."}'],
  );
  for (const path of ["/topics/x", "/topics/x/partitions", "/topics/x/partitions/0"]) {
    assert.deepEqual(
      await ask(rest.port, path),
      [404, v2, '{"error_code":40401,"message":"Topic not found."}'],
    );
  }
});

Deno.test("Fault kafka_rest.produce.retriable: one record is answered 50003 and not stored", async () => {
  await using broker = startFakeBroker();
  await using rest = await startRest(broker.port, {}, { "kafka_rest.produce.retriable": 1 });
  const [status, , body] = await ask(
    rest.port,
    "/topics/t",
    post('{"records":[{"value":0},{"value":1},{"value":2}]}'),
  );
  const { offsets } = JSON.parse(String(body));
  const struck = offsets.findIndex((entry: { error_code: number }) => entry.error_code === 50003);
  assert.equal(status, 200);
  assert.equal(offsets.length, 3);
  assert.deepEqual(broker.stored.map(({ value }) => value), ["0", "1", "2"].toSpliced(struck, 1));
});

Deno.test("Fault net.answer_lost: the records are stored, the connection closes", async () => {
  await using broker = startFakeBroker();
  await using rest = await startRest(broker.port, {}, { "net.answer_lost": 1 });
  const body = '{"records":[{"value":1}]}';
  const answer = await exchange(rest.port, [
    `POST /topics/t HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ${json}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  ]);
  assert.equal(answer, "");
  assert.equal(broker.stored.length, 1);
});

Deno.test("Requests in flight together each get the offsets of their own records", async () => {
  await using broker = startFakeBroker();
  await using rest = await startRest(broker.port);
  await Promise.all(Array.from({ length: 50 }, async (_, call) => {
    const values = Array.from({ length: 1 + call % 7 }, (_, index) => `${call}.${index}x`);
    const records = values.map((value) => ({ value }));
    const [, , body] = await ask(rest.port, "/topics/t", post(JSON.stringify({ records })));
    for (const [index, { offset }] of JSON.parse(String(body)).offsets.entries()) {
      assert.equal(broker.stored[offset]?.value, JSON.stringify(values[index]));
    }
  }));
});
