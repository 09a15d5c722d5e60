/** The policy files as they are deployed, and what a record of a run says about them. */
import assert from "node:assert/strict";
import { compare, comparedLines } from "../../../pipelines/deploy/policies/compare.ts";
import { readPolicies, roleNames } from "../../../pipelines/deploy/policies/mod.ts";
import { resourcesOf } from "../../../pipelines/resources.ts";

const id = "0a1b2c3d4e5f";
const place = { accountId: "111122223333", cluster: "c/uuid-1", apiId: "abc123defg" };
const policies = await readPolicies(resourcesOf(id, "eu-west-2"), place);
const texts = new Map([
  ["person", policies.person],
  ...roleNames.flatMap((role) => [
    [role, policies.roles[role].permissions] as const,
    [`trust/${role}`, policies.roles[role].trust] as const,
  ]),
]);

Deno.test("every file is a policy, and every name in it is the target's", () => {
  for (const [file, text] of texts) {
    assert.equal(JSON.parse(text).Version, "2012-10-17", file);
    assert.doesNotMatch(text, /[<>]|undefined/, file);
    for (const { Resource = [] } of JSON.parse(text).Statement) {
      for (const resource of [Resource].flat()) {
        assert.ok(resource === "*" || resource.includes(id) || resource.includes("c/uuid-1"), file);
      }
    }
  }
  assert.match(texts.get("sink") ?? "", /"arn:aws:s3:::user-0a1b2c3d4e5f-bucket\/topics\/\*"/);
  assert.match(
    texts.get("rest") ?? "",
    /"arn:aws:kafka:eu-west-2:111122223333:topic\/c\/uuid-1\/0a1b2c3d4e5f\.\*"/,
  );
  assert.match(texts.get("gateway") ?? "", /stream\/streaming-0a1b2c3d4e5f-\*"/);
});

Deno.test("only an action without resources is allowed on all of them", () => {
  for (const [file, text] of texts) {
    for (const { Action, Resource } of JSON.parse(text).Statement) {
      // Service authorization reference, Kinesis: ListStreams has no resource types.
      if (Resource === "*") assert.deepEqual(Action, "kinesis:ListStreams", file);
    }
  }
});

Deno.test("a bucket, a folder and a group that were chosen stand in the policies", async () => {
  const chosen = { bucket: "mine", topicsDir: "raw/in", sinkGroup: "connect-x" };
  const { roles } = await readPolicies(resourcesOf(id), { ...place, ...chosen });
  assert.match(roles.sink.permissions, /"arn:aws:s3:::mine\/raw\/in\/\*"/);
  assert.match(roles.sink.permissions, /group\/c\/uuid-1\/connect-x"/);
  assert.match(roles.reader.permissions, /"arn:aws:s3:::mine\/delta\/\*"/);
});

Deno.test("what a run asked for and no file allows is missing; what nobody asked for is unused", () => {
  const sink = policies.roles.sink.name;
  const asked = (Action: string[], Resource: string[]) => ({ Effect: "Allow", Action, Resource });
  const found = compare(policies, [{
    arn: `arn:aws:iam::111122223333:role/${sink}`,
    type: "role",
    name: sink,
    statements: [
      asked(["s3:PutObject"], ["arn:aws:s3:::user-0a1b2c3d4e5f-bucket/topics/x/*"]),
      asked(["s3:DeleteObject"], ["arn:aws:s3:::user-0a1b2c3d4e5f-bucket/topics/x/1"]),
      asked(["s3:PutObject"], ["arn:aws:s3:::other/topics/x"]),
    ],
  }, {
    arn: "arn:aws:iam::111122223333:user/administrator",
    type: "user",
    name: "administrator",
    statements: [asked(["iam:CreateUser"], ["*"])],
  }]);
  assert.deepEqual(found.missing, [
    {
      file: "sink.json",
      action: "s3:DeleteObject",
      resource: "arn:aws:s3:::user-0a1b2c3d4e5f-bucket/topics/x/1",
    },
    { file: "sink.json", action: "s3:PutObject", resource: "arn:aws:s3:::other/topics/x" },
  ]);
  const unused = found.unused.map(({ file, action }) => `${file} ${action}`);
  assert.ok(unused.includes("sink.json kafka-cluster:ReadData"));
  assert.ok(unused.includes("person.json execute-api:Invoke"));
  const puts = found.unused.filter(({ file, action }) =>
    file === "sink.json" && action === "s3:PutObject"
  );
  assert.deepEqual(puts.map(({ resource }) => resource), [
    "arn:aws:s3:::user-0a1b2c3d4e5f-bucket/rejects/*",
  ]);
  assert.match(
    comparedLines(found)[0] ?? "",
    /^sink\.json lacks s3:DeleteObject on arn:aws:s3:::user/,
  );
});
