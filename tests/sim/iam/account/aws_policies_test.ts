import assert from "node:assert/strict";
import { awsPolicies } from "../../../../sim/iam/account/aws_policies.ts";
import { defaultText } from "../../../../sim/iam/account/model.ts";
import { compiled, decide } from "../../../../sim/iam/policy/mod.ts";

function allows(name: string, action: string, resource = "*"): boolean {
  const policy = awsPolicies.get(`arn:aws:iam::aws:policy/${name}`);
  assert.ok(policy, name);
  const asker = { arns: [], accountId: "111122223333", service: null, isRoot: false };
  return decide({ asker, action, resource, context: {} }, {
    identity: [compiled(defaultText(policy), "identity", name)],
    resource: null,
    resourceMustAllow: false,
    boundary: null,
    session: [],
  }).allowed;
}

Deno.test("every policy of AWS is one, and has an id of its own", () => {
  const ids = [...awsPolicies.values()].map((policy) => {
    compiled(defaultText(policy), "identity", policy.name);
    return policy.id;
  });
  assert.equal(new Set(ids).size, awsPolicies.size);
});

Deno.test("they allow what their names say, and not what goes beyond", () => {
  const bucket = "arn:aws:s3:::b/k";
  assert.ok(allows("AdministratorAccess", "iam:CreateUser"));
  assert.ok(allows("PowerUserAccess", "s3:PutObject", bucket));
  assert.ok(!allows("PowerUserAccess", "iam:CreateUser"));
  assert.ok(allows("ReadOnlyAccess", "kinesis:DescribeStream"));
  assert.ok(!allows("ReadOnlyAccess", "kinesis:PutRecord"));
  assert.ok(!allows("ReadOnlyAccess", "sts:AssumeRole"));
  assert.ok(allows("AmazonS3FullAccess", "s3:DeleteObject", bucket));
  assert.ok(!allows("AmazonS3ReadOnlyAccess", "s3:DeleteObject", bucket));
  assert.ok(allows("AmazonKinesisFullAccess", "kinesis:CreateStream"));
  assert.ok(!allows("AmazonKinesisReadOnlyAccess", "kinesis:CreateStream"));
  assert.ok(!allows("IAMFullAccess", "s3:GetObject", bucket));
  assert.ok(!allows("IAMReadOnlyAccess", "iam:CreateUser"));
});
