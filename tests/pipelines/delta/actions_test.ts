import assert from "node:assert/strict";
import { decodeActions, encodeActions } from "../../../pipelines/delta/actions.ts";
import { UnsupportedTable } from "../../../pipelines/delta/mod.ts";
import { RunError } from "../../../pipelines/errors.ts";

const decode = (text: string) => decodeActions(new TextEncoder().encode(text), "0.json");

Deno.test("Actions are read for what they have, defaults for what they have not", () => {
  const [add, remove, metaData, none] = decode(
    `{"add":{"path":"a","stats":null,"size":5}}\n` +
      `{"remove":{"path":"b"}}\r\n` +
      `{"metaData":{"id":"0f","schemaString":"{}"}}\n\n` +
      `{"domainMetadata":{"domain":"x"}}`,
  );
  assert.deepEqual(add, {
    add: { path: "a", partitionValues: {}, size: 5, modificationTime: 0, dataChange: true },
  });
  assert.deepEqual(remove, { remove: { path: "b", dataChange: true } });
  assert.deepEqual(metaData?.metaData?.format, { provider: "parquet" });
  assert.deepEqual(none, {}, "an action that we do not know");
});

Deno.test("A commit cut short anywhere within its last line throws, never guesses", () => {
  const bytes = encodeActions([
    { commitInfo: { timestamp: 1 } },
    { add: { path: "a", partitionValues: {}, size: 1, modificationTime: 1, dataChange: true } },
  ]);
  const start = bytes.indexOf(10) + 1;
  for (let size = start + 1; size < bytes.length - 1; size++) {
    assert.throws(() => decodeActions(bytes.subarray(0, size), "0.json"), RunError, `${size}`);
  }
  assert.equal(decodeActions(bytes, "0.json").length, 2);
});

Deno.test("An action without what it must have is named with its line", () => {
  assert.throws(
    () => decode(`{"add":{"size":1}}`),
    /Cannot read 0.json: line 1 has a add without path/,
  );
  assert.throws(
    () => decode(`{}\n{"txn":{"appId":"a","version":"1"}}`),
    /line 2 has a txn without version/,
  );
  assert.throws(() => decode(`[]`), /line 1 is no object/);
  assert.throws(() => decode(`{"protocol":2}`), /line 1 has a protocol that is no object/);
});

Deno.test("A transaction's number is kept exactly, or refused", () => {
  const of = (digits: string) =>
    decode(`{"txn":{"appId":"a","version":${digits}}}`)[0]?.txn?.version;
  assert.equal(of("9007199254740994"), 9007199254740994);
  assert.throws(() => of("9007199254740993"), UnsupportedTable);
  assert.throws(() => of("9223372036854775807"), /we count to 2\^53/);
});
