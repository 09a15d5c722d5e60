import assert from "node:assert/strict";
import { landedKey, readSinkConfig, rejectKey } from "../../../pipelines/batch/sink_config.ts";
import { UsageError } from "../../../pipelines/errors.ts";

const topic = "abc123def456.pin";

Deno.test("The course's connector configuration is understood as it stands", () => {
  const config = readSinkConfig({
    "connector.class": "io.confluent.connect.s3.S3SinkConnector",
    "s3.region": "us-east-1",
    "flush.size": "1",
    "schema.compatibility": "NONE",
    "tasks.max": "3",
    "topics.regex": "abc123def456.*",
    "format.class": "io.confluent.connect.s3.format.json.JsonFormat",
    "partitioner.class": "io.confluent.connect.storage.partitioner.DefaultPartitioner",
    "value.converter.schemas.enable": "false",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "storage.class": "io.confluent.connect.s3.storage.S3Storage",
    "key.converter": "org.apache.kafka.connect.storage.StringConverter",
    "s3.bucket.name": "user-abc123def456-bucket",
  }, [topic]);
  assert.equal(config.flushSize, 1);
  assert.equal(config.bucket, "user-abc123def456-bucket");
  assert.equal(
    landedKey(config, topic, 0, 42n),
    "topics/abc123def456.pin/partition=0/abc123def456.pin+0+0000000042.json",
  );
});

Deno.test("A reject has the key of its record below rejects", () => {
  const config = readSinkConfig({ "flush.size": "10" });
  assert.equal(
    rejectKey(config, topic, 2, 7n),
    "rejects/abc123def456.pin/partition=2/abc123def456.pin+2+0000000007.json",
  );
});

Deno.test("Folder, delimiters and padding are the connector's own, and no offset is cut", () => {
  const config = readSinkConfig({
    "flush.size": "10",
    "topics.dir": "raw/landing",
    "file.delim": "_",
    "directory.delim": "|",
    "filename.offset.zero.pad.width": "3",
  });
  assert.equal(landedKey(config, "t", 1, 5n), "raw/landing|t|partition=1|t_1_005.json");
  assert.equal(landedKey(config, "t", 1, 12345n), "raw/landing|t|partition=1|t_1_12345.json");
});

Deno.test("What is not supported is refused by name, all of it at once", () => {
  const given = {
    "rotate.schedule.interval.ms": "60000",
    "partitioner.class": "io.confluent.connect.storage.partitioner.TimeBasedPartitioner",
    "format.class": "io.confluent.connect.s3.format.avro.AvroFormat",
    "s3.part.size": "1024",
    "flsh.size": "3",
    "topics.regex": "other.*",
    "toString": "x",
  };
  assert.throws(() => readSinkConfig(given, [topic]), (error) => {
    assert.ok(error instanceof UsageError);
    const lines = error.message.split("\n");
    assert.equal(lines.length, 8);
    for (const line of lines) assert.match(line, /^Sink property /);
    for (const name of Object.keys(given)) {
      if (name !== "topics.regex") assert.ok(error.message.includes(`${name}=`), name);
    }
    assert.match(error.message, /flush\.size is not set/);
    assert.match(error.message, /topics leave out abc123def456\.pin/);
    return true;
  });
});

Deno.test("flush.size must be a positive integer", () => {
  for (const size of ["0", "-1", "1.5", "many", ""]) {
    assert.throws(() => readSinkConfig({ "flush.size": size }), UsageError);
  }
});
