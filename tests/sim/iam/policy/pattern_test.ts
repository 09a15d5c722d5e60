// IAM user guide, "IAM JSON policy elements: Action", "Resource"; "Variables and tags".
import assert from "node:assert/strict";
import { compiled, decide } from "../../../../sim/iam/policy/mod.ts";
import { pattern } from "../../../../sim/iam/policy/pattern.ts";
import { ann, covers, decided } from "./policies.ts";

const does = (action: string, asked: string) =>
  decided({ identity: [{ Action: action }] }, { action: asked }).allowed;

Deno.test("actions know wildcards and no case", () => {
  for (
    const action of ["s3:GetObject", "S3:getobject", "s3:Get*", "s3:*Object", "s3:Get?bject", "*"]
  ) {
    assert.equal(does(action, "s3:GetObject"), true, action);
  }
  for (
    const action of ["s3:Get", "s3:GetObject?", "s3:GetObjectAcl", "s3:?etobjects", "kinesis:*"]
  ) {
    assert.equal(does(action, "s3:GetObject"), false, action);
  }
});

Deno.test("resources know wildcards and case", () => {
  const key = "arn:aws:s3:::posts/a/b:c.json";
  const matching = [
    ...[key, "*", "arn:aws:s3:::*", "arn:aws:s3:::posts/*", "arn:aws:s3:::posts/?/b*"],
    ...["arn:aws:s3:::posts/*.json", "arn:aws:s3:::p*s/*c*", "arn:aws:s3:::posts/a/b?c.json"],
  ];
  for (const resource of matching) assert.equal(covers(resource, key), true, resource);
  const failing = [
    ...[
      "arn:aws:s3:::Posts/*",
      "arn:aws:s3:::posts",
      "arn:aws:s3:::posts/?",
      "arn:aws:s3:::post/*",
    ],
    ...["arn:aws:s3:::posts/a/b:c.jso", "arn:aws:s3:::posts/*.JSON"],
  ];
  for (const resource of failing) assert.equal(covers(resource, key), false, resource);
});

Deno.test("a wildcard stays within its part of an ARN, unless it is the last character", () => {
  const stream = "arn:aws:kinesis:us-east-1:111122223333:stream/pin";
  assert.equal(covers("arn:aws:kinesis:*:*:stream/pin", stream), true);
  assert.equal(covers("arn:aws:kinesis:us-*-1:*:stream/p?n", stream), true);
  assert.equal(covers("arn:aws:kinesis:*", stream), true);
  assert.equal(covers("arn:aws:kinesis:us-*", stream), true);
  assert.equal(covers("arn:aws:kinesis:*:stream/pin", stream), false);
  assert.equal(covers("arn:aws:kinesis:us-east-1?111122223333:x:stream/pin", stream), false);
});

Deno.test("a pattern is matched in time that does not explode", () => {
  const startMs = performance.now();
  assert.equal(
    covers(`arn:aws:s3:::${"a*".repeat(40)}b`, `arn:aws:s3:::${"a".repeat(2000)}`),
    false,
  );
  assert.ok(performance.now() - startMs < 1000);
});

const home = "arn:aws:s3:::posts/${aws:username}/*";

Deno.test("a variable is the value of its key, whatever its case", () => {
  const context = { "aws:username": "ann" };
  assert.equal(covers(home, "arn:aws:s3:::posts/ann/1", context), true);
  assert.equal(
    covers(home.replace("username", "UserName"), "arn:aws:s3:::posts/ann/1", context),
    true,
  );
  assert.equal(covers(home, "arn:aws:s3:::posts/bob/1", context), false);
});

Deno.test("a wildcard in a value is a character", () => {
  const context = { "aws:username": "*" };
  assert.equal(covers(home, "arn:aws:s3:::posts/ann/1", context), false);
  assert.equal(covers(home, "arn:aws:s3:::posts/*/1", context), true);
});

// "When policy variables reference a condition context key that has no value …, the value is
// effectively null. There is no equal or like value."
Deno.test("a variable without a value is like nothing", () => {
  assert.equal(covers(home, "arn:aws:s3:::posts/ann/1"), false);
  assert.equal(covers(home, "arn:aws:s3:::posts/${aws:username}/1"), false);
  assert.equal(covers(home, "arn:aws:s3:::posts//1"), false);
  assert.equal(covers(home, "arn:aws:s3:::posts/a/1", { "aws:username": ["a", "b"] }), false);
});

Deno.test("a pattern forgets the values of the request before", () => {
  const { matches } = pattern("${a}/${b}", { wildcards: false, variables: true });
  assert.equal(matches("1/2", { a: "1", b: "2" }), true);
  assert.equal(matches("3/2", { a: "3" }), false);
  assert.equal(matches("1/2", { a: "3", b: "2" }), false);
  assert.equal(matches("3/2", { a: "3", b: "2" }), true);
  assert.equal(matches("3/4", { a: "3", b: "4" }), true);
});

Deno.test("a default stands in for a value that is not there", () => {
  const team = "arn:aws:s3:::posts/${aws:PrincipalTag/team, 'company-wide'}/*";
  assert.equal(covers(team, "arn:aws:s3:::posts/company-wide/1"), true);
  assert.equal(
    covers(team, "arn:aws:s3:::posts/company-wide/1", { "aws:principaltag/team": "a" }),
    false,
  );
  assert.equal(covers(team, "arn:aws:s3:::posts/a/1", { "aws:principaltag/team": "a" }), true);
});

Deno.test("wildcards and the dollar are written as variables where they are meant", () => {
  assert.equal(covers("arn:aws:s3:::posts/${*}${?}${$}", "arn:aws:s3:::posts/*?$"), true);
  assert.equal(covers("arn:aws:s3:::posts/${*}", "arn:aws:s3:::posts/a"), false);
});

Deno.test("variables are plain text in the version of 2008", () => {
  const policy = compiled(
    JSON.stringify({
      Version: "2008-10-17",
      Statement: { Effect: "Allow", Principal: "*", Action: "s3:*", Resource: home },
    }),
    "resource",
    "old",
  );
  const may = (resource: string) =>
    decide({ asker: ann, action: "s3:GetObject", resource, context: { "aws:username": "ann" } }, {
      identity: [],
      resource: policy,
      resourceMustAllow: false,
      boundary: null,
      session: [],
    }).allowed;
  assert.equal(may("arn:aws:s3:::posts/ann/1"), false);
  assert.equal(may("arn:aws:s3:::posts/${aws:username}/1"), true);
});

Deno.test("what stands in a variable costs no more than its length", () => {
  for (
    const inner of [`${" ".repeat(100_000)}'`, `a${" ".repeat(100_000)}'`, "a, '".repeat(30_000)]
  ) {
    const matches = pattern(`\${${inner}}`, { wildcards: true, variables: true }).matches;
    assert.equal(matches(`\${${inner}}`, {}), true);
  }
  const spaced = pattern("${ aws:username , 'nobody' }", { wildcards: false, variables: true });
  assert.deepEqual(spaced.keys, ["aws:username"]);
  assert.equal(spaced.matches("nobody", {}), true);
});
