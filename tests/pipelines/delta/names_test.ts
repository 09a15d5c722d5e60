import assert from "node:assert/strict";
import { UnsupportedTable } from "../../../pipelines/delta/mod.ts";
import {
  checkpointFile,
  commitName,
  commitVersion,
  fileName,
  isOtherCheckpoint,
  logStart,
} from "../../../pipelines/delta/names.ts";

const zeros = "0".repeat(18);

Deno.test("A commit's name has twenty digits, and no other name is one", () => {
  assert.equal(commitName(12), `_delta_log/${zeros}12.json`);
  assert.equal(commitVersion(`_delta_log/${zeros}12.json`), 12);
  for (
    const other of [
      `_delta_log/${zeros}12.crc`,
      `_delta_log/.${zeros}12.json.0f.tmp`,
      `_delta_log/${zeros}01.${zeros}12.compacted.json`,
      `_delta_log/${zeros}12.json.bak`,
      `_delta_log/12.json`,
      `sub/_delta_log/${zeros}12.json`,
    ]
  ) assert.equal(commitVersion(other), null, other);
});

Deno.test("Checkpoints are known whole and in parts, and those with a UUID for what they are", () => {
  const name = `_delta_log/${zeros}12.checkpoint`;
  assert.deepEqual(checkpointFile(`${name}.parquet`), { version: 12, part: 1, partCount: 1 });
  assert.deepEqual(checkpointFile(`${name}.0000000002.0000000003.parquet`), {
    version: 12,
    part: 2,
    partCount: 3,
  });
  const uuid = `${name}.80a083e8-7026-4e79-81be-64bd76c43a11.json`;
  assert.equal(checkpointFile(uuid), null);
  assert.equal(isOtherCheckpoint(uuid), true);
  assert.equal(isOtherCheckpoint(`${name}.parquet`), false);
});

Deno.test("A version's start sorts behind the version before and in front of its own files", () => {
  assert.ok(logStart(12) > commitName(11));
  assert.ok(logStart(12) < `_delta_log/${zeros}12.checkpoint.parquet`);
  assert.ok(logStart(12) < commitName(12));
});

Deno.test("Paths of the log are decoded once, and stay below the table", () => {
  assert.equal(fileName("part-0.parquet", "t"), "part-0.parquet");
  assert.equal(fileName("p=a%2520b+c/part", "t"), "p=a%20b+c/part");
  assert.equal(fileName("p=%C3%A9/part", "t"), "p=é/part");
  for (
    const path of ["/abs/part", "s3://bucket/part", "file:///part", "../part", "a/%2e%2e/b", "a//b"]
  ) {
    assert.throws(() => fileName(path, "t"), UnsupportedTable, path);
  }
  assert.throws(() => fileName("s3://b/part", "t"), /absolute address/);
  assert.throws(() => fileName("100%", "t"), /is not URI-encoded/);
});
