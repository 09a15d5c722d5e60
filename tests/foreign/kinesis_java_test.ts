/**
 * Judge: the AWS SDK for Java 2, on the simulated Kinesis (CBOR in both directions).
 *
 * Covers what boto3 covers, and what CBOR changes: times, bytes, and errors of the right class.
 */
import assert from "node:assert/strict";
import { judgedKinesis, region } from "./kinesis_world.ts";
import { javaKinesisClassPath, javaWithCompiler, mustRun } from "./tools.ts";

const source = new URL("./kinesis_judge.java", import.meta.url).pathname;

Deno.test("the AWS SDK for Java judges the simulated Kinesis, in CBOR", async () => {
  const [bin, classPath] = [await javaWithCompiler(), await javaKinesisClassPath()];
  await using kinesis = await judgedKinesis();
  const said = await mustRun(bin, ["-cp", classPath, source, kinesis.url, region], {
    env: kinesis.env,
    timeoutMs: 120_000,
  });
  assert.deepEqual(said.trim().split("\n"), [
    "streams and shards",
    "records and times",
    "every kind of iterator",
    "errors of the right class",
    "split and merge",
    "modes, retention, tags, deletion",
    "all of it in CBOR",
  ]);
});
