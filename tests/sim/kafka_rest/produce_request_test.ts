import assert from "node:assert/strict";
import { ServiceError } from "../../../sim/errors.ts";
import { type Format, readProduceRequest } from "../../../sim/kafka_rest/produce_request.ts";

const encoder = new TextEncoder();
const text = (bytes: Uint8Array | null) => bytes && new TextDecoder().decode(bytes);

function read(body: string, format: Format | "schema" = "json") {
  return readProduceRequest(encoder.encode(body), format, "produceJson")
    .map(({ key, value, partition }) => [text(key), text(value), partition]);
}

const refusedWith = (code: number, words: string) => (error: unknown) =>
  error instanceof ServiceError && error.code === String(code) && error.status === code &&
  error.message.includes(words);

Deno.test("json: keys and values are stored as compact JSON, strings with their quotes", () => {
  assert.deepEqual(
    read('{ "records" : [ {"key":"k1","value":{"index": 7},"partition":0}, {"value":8} ] }'),
    [
      ['"k1"', '{"index":7}', 0],
      [null, "8", null],
    ],
  );
});

Deno.test("A value that is null or absent is a tombstone", () => {
  assert.deepEqual(read('{"records":[{"value":null},{"key":1},{}]}'), [
    [null, null, null],
    ["1", null, null],
    [null, null, null],
  ]);
});

Deno.test("binary: keys and values are base64", () => {
  assert.deepEqual(
    read('{"records":[{"key":"azE=","value":"aGVsbG8"},{"value":null}]}', "binary"),
    [
      ["k1", "hello", null],
      [null, null, null],
    ],
  );
});

Deno.test("binary: what is no base64 is refused with the vendor's words", () => {
  assert.throws(
    () => read('{"records":[{"value":"aGVsbG8="},{"value":"a b!"}]}', "binary"),
    refusedWith(400, "Bad Request: data=a b! is not a valid base64 string."),
  );
});

Deno.test("Schemas beside the records are let through", () => {
  const schemas = '"key_schema":"s","key_schema_id":1,"value_schema":null,"value_schema_id":2';
  assert.deepEqual(read(`{${schemas},"records":[{"value":1}]}`), [[null, "1", null]]);
});

Deno.test("A partition may be a text or have a fraction, as Jackson takes it", () => {
  const record = (partition: string) => `{"records":[{"value":1,"partition":${partition}}]}`;
  assert.deepEqual(read(record('"3"')), [[null, "1", 3]]);
  assert.deepEqual(read(record("2.9")), [[null, "1", 2]]);
  assert.deepEqual(read(record("null")), [[null, "1", null]]);
  assert.deepEqual(read(record("-1")), [[null, "1", -1]]);
  for (const wrong of ['"x"', "true", "[1]", "3000000000"]) {
    assert.throws(() => read(record(wrong)), refusedWith(400, "java.lang.Integer"));
  }
});

Deno.test("No records, or no body, is 422", () => {
  const empty = "produceJson.arg2.records must not be empty (was [])";
  assert.throws(() => read("{}"), refusedWith(422, empty));
  assert.throws(() => read('{"records":[]}'), refusedWith(422, empty));
  assert.throws(() => read('{"records":null}'), refusedWith(422, empty));
  assert.throws(() => read("null"), refusedWith(422, "must not be null"));
  assert.throws(() => read(" "), refusedWith(422, "must not be null"));
});

Deno.test("An unknown field is 422, at the top and in a record", () => {
  assert.throws(() => read('{"index":7528}'), refusedWith(422, "Unrecognized field: index"));
  assert.throws(
    () => read('{"records":[{"value":1,"headers":[]}]}'),
    refusedWith(422, "Unrecognized field: headers"),
  );
});

Deno.test("Malformed JSON and wrong shapes are 400", () => {
  assert.throws(() => read('{"records":[{"value":1}'), refusedWith(400, "Unexpected end-of-input"));
  assert.throws(() => read("[1]"), refusedWith(400, "from Array value"));
  assert.throws(() => read('"x"'), refusedWith(400, "from String value"));
  assert.throws(() => read('{"records":{}}'), refusedWith(400, "from Object value"));
  assert.throws(() => read('{"records":[1]}'), refusedWith(400, "Cannot deserialize"));
  assert.throws(() => read('{"records":[null]}'), refusedWith(400, "from Null value"));
  assert.throws(() => read("hello"), refusedWith(400, "Unrecognized token 'hello'"));
});

Deno.test("Bytes that are no UTF-8 are 400", () => {
  const body = new Uint8Array([
    ...encoder.encode('{"records":[{"value":"'),
    0xff,
    0x22,
    0x7d,
    0x5d,
    0x7d,
  ]);
  assert.throws(
    () => readProduceRequest(body, "json", "produceJson"),
    refusedWith(400, "Invalid UTF-8"),
  );
});

Deno.test("What follows the request is not read, as with Jackson", () => {
  assert.deepEqual(read('{"records":[{"value":1}]} and more'), [[null, "1", null]]);
});
