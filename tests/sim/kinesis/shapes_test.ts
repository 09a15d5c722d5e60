/** What is said of malformed requests; the words are those recorded of AWS by mhart/kinesalite. */
import assert from "node:assert/strict";
import { TestKinesis } from "./support.ts";

function refuses(action: string, request: Record<string, unknown>, code: string, message: string) {
  using kinesis = new TestKinesis();
  assert.throws(() => kinesis.ask(action, request), { code, message }, JSON.stringify(request));
}

const invalid = "ValidationException";
const unreadable = "SerializationException";

Deno.test("members that are absent are named in the order of the model", () => {
  const missing = (name: string) =>
    `Value null at '${name}' failed to satisfy constraint: Member must not be null`;
  refuses(
    "GetShardIterator",
    { StreamName: "s" },
    invalid,
    `2 validation errors detected: ${missing("shardId")}; ${missing("shardIteratorType")}`,
  );
});

Deno.test("each constraint that does not hold is told", () => {
  const failed = (value: string, name: string, constraint: string) =>
    `Value '${value}' at '${name}' failed to satisfy constraint: Member must ${constraint}`;
  const pattern = "satisfy regular expression pattern";
  refuses(
    "GetShardIterator",
    { StreamName: "", ShardIteratorType: "", ShardId: "", StartingSequenceNumber: "" },
    invalid,
    "6 validation errors detected: " + [
      failed("", "shardId", `${pattern}: [a-zA-Z0-9_.-]+`),
      failed("", "shardId", "have length greater than or equal to 1"),
      failed(
        "",
        "shardIteratorType",
        "satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, " +
          "AT_SEQUENCE_NUMBER, TRIM_HORIZON]",
      ),
      failed("", "startingSequenceNumber", `${pattern}: 0|([1-9]\\d{0,128})`),
      failed("", "streamName", `${pattern}: [a-zA-Z0-9_.-]+`),
      failed("", "streamName", "have length greater than or equal to 1"),
    ].join("; "),
  );
  const long = "a".repeat(129);
  refuses(
    "DeleteStream",
    { StreamName: long },
    invalid,
    `1 validation error detected: ${
      failed(long, "streamName", "have length less than or equal to 128")
    }`,
  );
  refuses(
    "GetRecords",
    { ShardIterator: "x".repeat(513), Limit: 10_001 },
    invalid,
    `2 validation errors detected: ${
      failed("x".repeat(513), "shardIterator", "have length less than or equal to 512")
    }; ${failed("10001", "limit", "have value less than or equal to 10000")}`,
  );
});

Deno.test("a record among many is named by its place", () => {
  const good = { Data: "", PartitionKey: "k" };
  refuses(
    "PutRecords",
    { StreamName: "s", Records: [good, { Data: "", PartitionKey: "x".repeat(257) }] },
    invalid,
    `1 validation error detected: Value '${"x".repeat(257)}' at 'records.2.member.partitionKey' ` +
      "failed to satisfy constraint: Member must have length less than or equal to 256",
  );
  refuses(
    "PutRecords",
    { StreamName: "s", Records: [{ PartitionKey: "k", ExplicitHashKey: "-1" }] },
    invalid,
    "2 validation errors detected: Value null at 'records.1.member.data' failed to satisfy " +
      "constraint: Member must not be null; Value '-1' at 'records.1.member.explicitHashKey' " +
      "failed to satisfy constraint: Member must satisfy regular expression pattern: " +
      "0|([1-9]\\d{0,38})",
  );
});

Deno.test("no request holds more than 500 records, and none holds none", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  const put = (count: number) =>
    kinesis.ask("PutRecords", {
      StreamName: "s",
      Records: new Array(count).fill({ Data: "", PartitionKey: "k" }),
    });
  assert.equal(put(500).FailedRecordCount, 0);
  assert.throws(() => put(501), {
    code: invalid,
    message: /at 'records' failed .*: Member must have length less than or equal to 500$/,
  });
  assert.throws(() => put(0), {
    code: invalid,
    message: "1 validation error detected: Value '[]' at 'records' failed to satisfy constraint: " +
      "Member must have length greater than or equal to 1",
  });
});

Deno.test("values of another type are not converted", () => {
  const cases: [string, Record<string, unknown>, string][] = [
    [
      "DeleteStream",
      { StreamName: true },
      "class java.lang.Boolean can not be converted to an String",
    ],
    [
      "DeleteStream",
      { StreamName: 1 },
      "class java.math.BigDecimal can not be converted to an String",
    ],
    ["DeleteStream", { StreamName: [] }, "Start of list found where not expected"],
    ["DeleteStream", { StreamName: {} }, "Start of structure or map found where not expected."],
    ["ListStreams", { Limit: "1" }, "class java.lang.String can not be converted to an Integer"],
    ["PutRecords", { Records: "x" }, "Expected list or null"],
    ["PutRecords", { Records: {} }, "Start of structure or map found where not expected."],
    ["PutRecords", { Records: ["x"] }, "Expected null"],
    ["AddTagsToStream", { Tags: [] }, "Start of list found where not expected"],
    ["AddTagsToStream", { Tags: "x" }, "Expected map or null"],
    [
      "PutRecord",
      { Data: "abc" },
      "'abc' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 " +
      "bytes but found: 3",
    ],
    [
      "PutRecord",
      { Data: "=+/=" },
      "'=+/=' can not be converted to a Blob: Invalid Base64 character: '='",
    ],
    [
      "PutRecord",
      { Data: "+/+=" },
      "'+/+=' can not be converted to a Blob: Invalid last non-pad Base64 character dectected",
    ],
  ];
  for (const [action, request, message] of cases) refuses(action, request, unreadable, message);
});
