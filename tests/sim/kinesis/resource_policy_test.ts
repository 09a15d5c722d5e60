/** Policies of streams: PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy. */
import assert from "node:assert/strict";
import { arnOf, GuardedKinesis } from "./door_support.ts";

const ResourceARN = arnOf("s");
const statement = {
  Effect: "Allow",
  Principal: { AWS: "arn:aws:iam::111122223333:role/reader" },
  Action: "kinesis:GetRecords",
  Resource: ResourceARN,
};
const policyOf = (one: unknown) => JSON.stringify({ Version: "2012-10-17", Statement: one });

function withStream(): GuardedKinesis {
  const kinesis = new GuardedKinesis();
  kinesis.ask("CreateStream", { StreamName: "s", ShardCount: 1 });
  return kinesis;
}

Deno.test("a stream's policy comes back as it was put, is in force at once, and goes", () => {
  using kinesis = withStream();
  const policySeen = () => {
    kinesis.ask("DescribeStream", { StreamName: "s" });
    return kinesis.door.asked.at(-1)?.policy;
  };
  assert.deepEqual(kinesis.ask("GetResourcePolicy", { ResourceARN }).body, { Policy: "{}" });
  assert.equal(policySeen(), null);
  const Policy = policyOf(statement);
  assert.deepEqual(kinesis.ask("PutResourcePolicy", { ResourceARN, Policy }), {
    status: 200,
    body: {},
  });
  assert.equal(policySeen(), Policy);
  assert.deepEqual(kinesis.ask("GetResourcePolicy", { ResourceARN }).body, { Policy });
  assert.equal(kinesis.ask("DeleteResourcePolicy", { ResourceARN }).status, 200);
  assert.equal(policySeen(), null);
  assert.deepEqual(kinesis.ask("DeleteResourcePolicy", { ResourceARN }).body, {
    __type: "ResourceNotFoundException",
    message: `No resource policy found for resource ARN ${ResourceARN}.`,
  });
});

Deno.test("a stream's policy is kept with the stream: after a kill it is there, after DeleteStream not", () => {
  using kinesis = withStream();
  const Policy = policyOf(statement);
  kinesis.ask("PutResourcePolicy", { ResourceARN, Policy });
  // The first is not closed, as one that was killed.
  using after = new GuardedKinesis({ dir: kinesis.dir });
  assert.deepEqual(after.ask("GetResourcePolicy", { ResourceARN }).body, { Policy });
  after.ask("DeleteStream", { StreamName: "s" });
  after.ask("CreateStream", { StreamName: "s", ShardCount: 1 });
  assert.deepEqual(after.ask("GetResourcePolicy", { ResourceARN }).body, { Policy: "{}" });
});

Deno.test("a policy that is none, too long or about another stream is refused", () => {
  using kinesis = withStream();
  const refusalOf = (Policy: string, arn = ResourceARN) => {
    const { status, body } = kinesis.ask("PutResourcePolicy", { ResourceARN: arn, Policy });
    assert.equal(status, 400);
    return `${body.__type}: ${body.message}`;
  };
  assert.match(refusalOf("{"), /^InvalidArgumentException: /);
  assert.equal(
    refusalOf(policyOf({ ...statement, Principal: undefined })),
    "InvalidArgumentException: Missing required field Principal",
  );
  assert.equal(
    refusalOf(policyOf([statement, { ...statement, Resource: arnOf("other") }])),
    "InvalidArgumentException: Policy has invalid resource",
  );
  const size = policyOf({ ...statement, Sid: "" }).length;
  const sized = (bytes: number) => policyOf({ ...statement, Sid: "s".repeat(bytes - size) });
  assert.match(refusalOf(sized(20_481)), /exceeds the maximum/);
  assert.equal(
    kinesis.ask("PutResourcePolicy", { ResourceARN, Policy: sized(20_480) }).status,
    200,
  );
  assert.equal(
    refusalOf(policyOf(statement), arnOf("nobody")),
    `ResourceNotFoundException: Stream ${arnOf("nobody")} under account 111122223333 not found.`,
  );
});
