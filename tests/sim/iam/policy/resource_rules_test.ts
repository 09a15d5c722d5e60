// Answers of S3 (MalformedPolicy) and IAM (MalformedPolicyDocument) as public issues quote them;
// see resource_rules.ts for which of them were seen.
import assert from "node:assert/strict";
import { compiled, contextKeysOf, type PolicyKind } from "../../../../sim/iam/policy/mod.ts";

type Json = Record<string, unknown>;

const user = "arn:aws:iam::111122223333:user/ann";
const trust = { Effect: "Allow", Principal: { AWS: user }, Action: "sts:AssumeRole" };
const bucket = { ...trust, Action: "s3:GetObject", Resource: "arn:aws:s3:::posts/*" };

function saidOf(kind: PolicyKind, statement: Json, document: Json = {}): string | null {
  try {
    compiled(JSON.stringify({ Statement: [statement], ...document }), kind, "p");
    return null;
  } catch (error) {
    assert.ok(error instanceof Error && error.name === "MalformedPolicy", String(error));
    return error.message;
  }
}

Deno.test("a bucket's policy names principals, actions and resources", () => {
  const said = (change: Json) => saidOf("resource", { ...bucket, ...change });
  assert.equal(said({}), null);
  assert.equal(said({ Principal: undefined }), "Missing required field Principal");
  assert.equal(said({ Resource: undefined }), "Missing required field Resource");
  assert.equal(said({ Action: undefined }), "Missing required field Action");
  assert.equal(said({ Effect: undefined }), "Missing required field Effect");
  assert.equal(said({ Effect: "allow" }), "Invalid effect: allow");
  assert.equal(said({ Resource: "posts/*" }), "Policy has invalid resource");
  assert.equal(said({ Action: "GetObject" }), "Policy has invalid action");
  assert.equal(said({ Extra: 1 }), "Unknown field Extra");
  assert.equal(said({ Condition: { Foo: { a: "b" } } }), "Invalid Condition type : Foo");
});

Deno.test("principals are everybody, accounts, ARNs without wildcards, services", () => {
  const said = (principal: unknown) => saidOf("resource", { ...bucket, Principal: principal });
  const taken = [
    ...["*", { AWS: "*" }, { AWS: "111122223333" }, { AWS: [user, "*"] }],
    ...[{ Service: "s3.amazonaws.com" }, { AWS: user, Service: ["ec2.amazonaws.com"] }],
    { AWS: "arn:aws:sts::111122223333:assumed-role/r/s" },
  ];
  for (const principal of taken) assert.equal(said(principal), null, JSON.stringify(principal));
  const refused = [
    ...["ann", {}, [], { AWS: [] }, { AWS: "ann" }, { AWS: "arn:aws:iam::111122223333:user/*" }],
    ...[{ AWS: "arn:aws:iam::*:root" }, { Service: "s3" }, { Somebody: "*" }, { AWS: 1 }],
  ];
  for (const principal of refused) {
    assert.equal(said(principal), "Invalid principal in policy", JSON.stringify(principal));
  }
});

Deno.test("NotPrincipal stands beside Deny only", () => {
  const statement = { ...bucket, Principal: undefined, NotPrincipal: { AWS: user } };
  assert.equal(saidOf("resource", { ...statement, Effect: "Deny" }), null);
  assert.notEqual(saidOf("resource", statement), null);
});

Deno.test("a trust policy is about its role and STS alone", () => {
  const said = (change: Json) => saidOf("trust", { ...trust, ...change });
  assert.equal(said({}), null);
  assert.equal(said({ Action: ["sts:AssumeRole", "sts:TagSession"] }), null);
  assert.equal(said({ Resource: "*" }), "Has prohibited field Resource");
  assert.equal(
    said({ Action: "s3:GetObject" }),
    "AssumeRole policy may only specify STS AssumeRole actions.",
  );
  assert.equal(
    said({ Principal: "*" }),
    'AssumeRolepolicy contained an invalid principal: "STAR":"*".',
  );
  assert.equal(said({ Principal: { AWS: "ann" } }), 'Invalid principal in policy: "AWS":"ann"');
  assert.equal(
    said({ Principal: { Service: "ec2" } }),
    'Invalid principal in policy: "SERVICE":"ec2"',
  );
  assert.equal(said({ NotPrincipal: { AWS: user } }), "Has prohibited field NotPrincipal");
});

Deno.test("the document around the statements", () => {
  assert.throws(() => compiled("{", "resource", "p"), /This policy contains invalid Json/);
  assert.equal(saidOf("resource", bucket, { Version: "2008-10-17" }), null);
  assert.equal(
    saidOf("resource", bucket, { Version: "2010" }),
    "The policy must contain a valid version string",
  );
  assert.equal(
    saidOf("resource", bucket, { Statement: undefined }),
    "Missing required field Statement",
  );
  assert.equal(saidOf("trust", trust, { Extra: 1 }), "Unknown field Extra");
});

Deno.test("the keys of a policy are those of conditions and variables, each once", () => {
  const policy = compiled(
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [{
        Effect: "Allow",
        Action: "s3:ListBucket",
        Resource: "arn:aws:s3:::posts/${aws:PrincipalTag/team, 'x'}",
        Condition: {
          StringLike: { "s3:prefix": ["${aws:username}/*", "home/"] },
          StringEquals: { "S3:PREFIX": "a" },
          Null: { "aws:TokenIssueTime": "true" },
        },
      }],
    }),
    "identity",
    "p",
  );
  assert.deepEqual(contextKeysOf(policy), [
    "aws:PrincipalTag/team",
    "aws:TokenIssueTime",
    "aws:username",
    "s3:prefix",
  ]);
});
