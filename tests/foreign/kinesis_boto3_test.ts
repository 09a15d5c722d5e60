/**
 * Judge: boto3, on the simulated Kinesis (JSON).
 *
 * Covers streams and their pages, records and their places, iterators of every kind, error codes,
 * signatures, resharding with lineage, retention, tags, modes and deletion.
 */
import assert from "node:assert/strict";
import { judgedKinesis } from "./kinesis_world.ts";
import { mustRun, python } from "./tools.ts";

const script = new URL("./kinesis_judge.py", import.meta.url).pathname;

Deno.test("boto3 judges the simulated Kinesis", async () => {
  const bin = await python();
  await using kinesis = await judgedKinesis();
  const said = await mustRun(bin, [script, kinesis.url], { env: kinesis.env });
  assert.deepEqual(said.trim().split("\n"), [
    "streams and shards",
    "records and times",
    "every kind of iterator",
    "errors with their codes",
    "split, merge and a new number of shards",
    "retention, tags, modes and deletion",
  ]);
});
