/**
 * Judge: the `aws` command line, on the simulated Kinesis.
 *
 * Covers the way a person looks at a stream: make it, wait for it, put, get, split, delete, and
 * the errors it prints.
 */
import assert from "node:assert/strict";
import { judgedKinesis } from "./kinesis_world.ts";
import { aws, mustRun, run } from "./tools.ts";

Deno.test("the aws command line judges the simulated Kinesis", async (t) => {
  const cli = await aws();
  await using kinesis = await judgedKinesis();
  const { env } = kinesis;
  const call = (...args: string[]) => mustRun(cli, ["kinesis", ...args], { env });
  const ask = async (...args: string[]) => JSON.parse(await call(...args));
  const stream = ["--stream-name", "made"];

  await t.step("makes a stream and waits until it is there", async () => {
    await call("create-stream", ...stream, "--shard-count", "2");
    await call("wait", "stream-exists", ...stream);
    const { StreamNames } = await ask("list-streams");
    assert.deepEqual(StreamNames, ["made"]);
    const { Shards } = await ask("list-shards", ...stream);
    assert.deepEqual(Shards.map(({ ShardId }: { ShardId: string }) => ShardId), [
      "shardId-000000000000",
      "shardId-000000000001",
    ]);
  });

  await t.step("gets back what it put", async () => {
    const key = ["--partition-key", "7528"];
    const put = await ask("put-record", ...stream, ...key, "--data", "é😀 one");
    const many = JSON.stringify([{ Data: "two", PartitionKey: "7528" }]);
    const { FailedRecordCount } = await ask("put-records", ...stream, "--records", many);
    assert.equal(FailedRecordCount, 0);
    const from = ["--shard-id", put.ShardId, "--shard-iterator-type", "TRIM_HORIZON"];
    const { ShardIterator } = await ask("get-shard-iterator", ...stream, ...from);
    const page = await ask("get-records", "--shard-iterator", ShardIterator);
    const texts = page.Records.map(({ Data }: { Data: string }) =>
      new TextDecoder().decode(Uint8Array.fromBase64(Data))
    );
    assert.deepEqual(texts, ["é😀 one", "two"]);
    assert.equal(page.Records[0].SequenceNumber, put.SequenceNumber);
    assert.equal(page.MillisBehindLatest, 0);
  });

  await t.step("splits a shard and sees its children", async () => {
    const middle = String(2n ** 126n);
    await call(
      ...["split-shard", ...stream, "--shard-to-split", "shardId-000000000000"],
      ...["--new-starting-hash-key", middle],
    );
    await call("wait", "stream-exists", ...stream);
    const { Shards } = await ask("list-shards", ...stream);
    assert.equal(Shards.length, 4);
    assert.equal(Shards[2].ParentShardId, "shardId-000000000000");
    assert.equal(Shards[3].HashKeyRange.StartingHashKey, middle);
  });

  await t.step("prints the error of a stream that is not there", async () => {
    const { code, stderr } = await run(
      cli,
      ["kinesis", "describe-stream-summary", "--stream-name", "absent"],
      { env },
    );
    assert.notEqual(code, 0);
    assert.match(stderr, /\(ResourceNotFoundException\).*Stream absent under account \d{12} not/);
  });

  await t.step("is refused with a wrong secret", async () => {
    const { code, stderr } = await run(cli, ["kinesis", "list-streams"], {
      env: { ...env, AWS_SECRET_ACCESS_KEY: "wrong" },
    });
    assert.notEqual(code, 0);
    assert.match(stderr, /InvalidSignatureException/);
  });

  await t.step("deletes the stream and waits until it has gone", async () => {
    await call("delete-stream", ...stream);
    await call("wait", "stream-not-exists", ...stream);
    assert.deepEqual((await ask("list-streams")).StreamNames, []);
  });
});
