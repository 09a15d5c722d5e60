/** Recorded policies are small, cover what was asked, and stay small. */
import assert from "node:assert/strict";
import { anonymous, roleKey, userKey } from "../../../sim/iam/principal.ts";
import { Recorder } from "../../../sim/iam/record.ts";

const account = "111122223333";
const pair = { accessKeyId: "AKIATEST", secretAccessKey: "secret" };
const { principal: alice } = userKey(pair, account, "alice");
const sink = (sessionName: string) =>
  roleKey(pair, account, { role: "sink", sessionName }).principal;

Deno.test("sessions of one role are one principal, and equal resources share a statement", () => {
  const recorder = new Recorder();
  const resource = "arn:aws:s3:::b/topics/1";
  recorder.add({ principal: sink("a"), action: "s3:PutObject", resource });
  recorder.add({ principal: sink("b"), action: "s3:GetObject", resource });
  recorder.add({ principal: sink("b"), action: "s3:ListBucket", resource: "arn:aws:s3:::b" });
  recorder.add({ principal: alice, action: "sts:AssumeRole", resource: "arn:r" });
  recorder.add({ principal: anonymous, action: "s3:GetObject", resource });
  assert.deepEqual(recorder.recorded(), [
    {
      arn: `arn:aws:iam::${account}:role/sink`,
      type: "role",
      name: "sink",
      statements: [
        { Effect: "Allow", Action: ["s3:GetObject", "s3:PutObject"], Resource: [resource] },
        { Effect: "Allow", Action: ["s3:ListBucket"], Resource: ["arn:aws:s3:::b"] },
      ],
    },
    {
      arn: `arn:aws:iam::${account}:user/alice`,
      type: "user",
      name: "alice",
      statements: [{ Effect: "Allow", Action: ["sts:AssumeRole"], Resource: ["arn:r"] }],
    },
  ]);
});

Deno.test("many objects become their folder, and folders theirs, but never more than the bucket", () => {
  const recorder = new Recorder();
  const put = (key: string) =>
    recorder.add({ principal: alice, action: "s3:PutObject", resource: `arn:aws:s3:::b/${key}` });
  for (let at = 0; at < 10_000; at++) put(`topics/t${at % 3}/partition=0/${at}.json`);
  put("rejects/one.json");
  const [statement] = recorder.recorded()[0]?.statements ?? [];
  assert.deepEqual(statement?.Resource, [
    "arn:aws:s3:::b/rejects/one.json",
    "arn:aws:s3:::b/topics/t0/partition=0/*",
    "arn:aws:s3:::b/topics/t1/partition=0/*",
    "arn:aws:s3:::b/topics/t2/partition=0/*",
  ]);
  for (let at = 0; at < 50; at++) put(`k${at}`);
  assert.deepEqual(recorder.recorded()[0]?.statements[0]?.Resource, ["arn:aws:s3:::b/*"]);
});

Deno.test("what has no folder to go up to is no trouble, however much of it there is", () => {
  const recorder = new Recorder();
  const ask = (action: string, resource: string) =>
    recorder.add({ principal: alice, action, resource });
  // A caller may name anything: a policy that begins with a slash, a bucket that is not there.
  for (let at = 0; at < 20; at++) ask("iam:GetPolicy", `/no-arn-of-a-policy-${at}`);
  for (let at = 0; at < 3000; at++) ask("s3:ListBucket", `arn:aws:s3:::bucket-${at}`);
  const [statements = []] = recorder.recorded().map(({ statements }) => statements);
  for (const { Resource } of statements) assert.ok(Resource.length <= 1000);
});
