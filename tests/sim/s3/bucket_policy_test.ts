/** Policies of buckets: what S3 takes, what it finds fault with, how long they stay. */
import assert from "node:assert/strict";
import { checkedPolicy, isPublic } from "../../../sim/s3/bucket_policy.ts";
import { S3Error } from "../../../sim/s3/errors.ts";
import { FakeDoor } from "../fake_door.ts";
import { testKey } from "../keys.ts";
import { bucket, credentials, type RawRequest, send, startTestS3, tag } from "./helper.ts";

const b = `arn:aws:s3:::${bucket}`;
const statement = {
  Effect: "Allow",
  Principal: { AWS: "arn:aws:iam::111122223333:role/sink" },
  Action: "s3:GetObject",
  Resource: `${b}/*`,
};

function policyOf(...statements: unknown[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

function faultOf(text: string): string | null {
  try {
    assert.equal(checkedPolicy(new TextEncoder().encode(text), bucket), text);
    return null;
  } catch (error) {
    assert.ok(error instanceof S3Error && error.status === 400, String(error));
    return `${error.code}: ${error.message}`;
  }
}

function without(name: keyof typeof statement): Record<string, unknown> {
  return Object.fromEntries(Object.entries(statement).filter(([key]) => key !== name));
}

Deno.test("a policy is taken whose statements are about this bucket", () => {
  const taken = [
    statement,
    { ...statement, Principal: "*" },
    { ...statement, Principal: { AWS: ["111122223333", "*"] } },
    { ...statement, Principal: { Service: "logging.s3.amazonaws.com" } },
    { ...statement, Principal: { AWS: "arn:aws:sts::111122223333:assumed-role/sink/one" } },
    {
      ...without("Principal"),
      Effect: "Deny",
      NotPrincipal: { AWS: "arn:aws:iam::111122223333:root" },
    },
    { ...statement, Action: "s3:*" },
    { ...statement, Action: "s3:*", Resource: b },
    { ...statement, Action: ["s3:GetObject", "s3:ListBucket"], Resource: [b, `${b}/*`] },
    { ...without("Action"), NotAction: "s3:GetObject", Resource: b },
    { ...statement, Resource: "arn:aws:s3:::*", Action: "s3:ListBucket" },
    { ...statement, Resource: "arn:aws:s3:::test-*/a" },
    { ...statement, Action: "s3:GetBucketObjectLockConfiguration", Resource: b },
    { ...statement, Action: "s3:AbortMultipartUpload" },
    { ...statement, Action: "s3:ListBucketMultipartUploads", Resource: b },
  ];
  for (const one of taken) assert.equal(faultOf(policyOf(one)), null, JSON.stringify(one));
});

Deno.test("what S3 finds fault with is told in its words", () => {
  const notJson = "MalformedPolicy: Policies must be valid JSON and the first byte must be '{'";
  for (const text of ["", "x", "[]", " {}", "{", '{"Version":']) {
    assert.equal(faultOf(text), notJson);
  }
  const cases: [unknown, string][] = [
    [without("Effect"), "Missing required field Effect"],
    [without("Principal"), "Missing required field Principal"],
    [without("Action"), "Missing required field Action"],
    [without("Resource"), "Missing required field Resource"],
    [{ ...statement, Effect: "allow" }, "Invalid effect: allow"],
    [{ ...statement, Principal: {} }, "Invalid principal in policy"],
    [{ ...statement, Principal: "arn:aws:iam::111122223333:root" }, "Invalid principal in policy"],
    [{ ...statement, Principal: { AWS: "sink" } }, "Invalid principal in policy"],
    [{ ...statement, Principal: { Who: "*" } }, "Invalid principal in policy"],
    [{ ...statement, Action: "kinesis:PutRecord" }, "Policy has invalid action"],
    [{ ...statement, Action: "GetObject" }, "Policy has invalid action"],
    [{ ...statement, Resource: "arn:aws:s3:::other-bucket/*" }, "Policy has invalid resource"],
    [{ ...statement, Resource: [`${b}/*`, "arn:aws:s3:::other"] }, "Policy has invalid resource"],
    [{ ...statement, Resource: bucket }, "Policy has invalid resource"],
    [{ ...statement, Resource: b }, "Action does not apply to any resource(s) in statement"],
    [
      { ...statement, Action: "s3:ListBucket" },
      "Action does not apply to any resource(s) in statement",
    ],
    [{ ...statement, NotAction: "s3:GetObject" }, "Policy has invalid action"],
    [{ ...statement, Condition: { Like: { a: "b" } } }, "Invalid Condition type : Like"],
  ];
  for (const [one, words] of cases) {
    assert.equal(faultOf(policyOf(statement, one)), `MalformedPolicy: ${words}`);
  }
  assert.equal(faultOf("{}"), "MalformedPolicy: Missing required field Statement");
  assert.equal(
    faultOf('{"Version":"2020-01-01","Statement":[]}'),
    "MalformedPolicy: The policy must contain a valid version string",
  );
  assert.match(faultOf(policyOf()) ?? "", /Statement is empty/);
});

Deno.test("a policy has 20 KB and no byte more", () => {
  const sized = (bytes: number) => {
    const empty = policyOf({ ...statement, Sid: "" });
    return policyOf({ ...statement, Sid: "s".repeat(bytes - empty.length) });
  };
  assert.equal(faultOf(sized(20_480)), null);
  assert.match(faultOf(sized(20_481)) ?? "", /^PolicyTooLarge: /);
});

Deno.test("a bucket is public if a policy allows something to everybody without saying where or who", () => {
  const isOpen = (...statements: unknown[]) => isPublic(policyOf(...statements));
  const open = { ...statement, Principal: "*" };
  const where = (condition: unknown) => isOpen({ ...open, Condition: condition });
  assert.equal(isOpen(statement), false);
  assert.equal(isOpen(statement, open), true);
  assert.equal(isOpen({ ...open, Effect: "Deny" }), false);
  assert.equal(isOpen({ ...open, Principal: { AWS: "*" } }), true);
  assert.equal(where({ StringEquals: { "aws:PrincipalAccount": "111122223333" } }), false);
  assert.equal(where({ IpAddress: { "aws:SourceIp": ["10.0.0.0/8"] } }), false);
  assert.equal(where({ IpAddress: { "aws:SourceIp": "0.0.0.0/0" } }), true);
  assert.equal(where({ StringLike: { "aws:PrincipalArn": "arn:*" } }), true);
  assert.equal(where({ NotIpAddress: { "aws:SourceIp": "10.0.0.0/8" } }), true);
  assert.equal(where({ StringEquals: { "s3:prefix": "a" } }), true);
});

async function openBucket() {
  const door = new FakeDoor([testKey(credentials)]);
  const s3 = await startTestS3({ door });
  const ask = (method: string, body = "", more: Partial<RawRequest> = {}, port = s3.port) =>
    send(port, { method, path: `/${bucket}`, query: { policy: "" }, body, ...more });
  return { door, s3, ask };
}

Deno.test("a policy comes back as it was put, has its status, and goes", async () => {
  const { s3, ask } = await openBucket();
  await using _closing = s3;
  const none = await ask("GET");
  assert.deepEqual([none.status, tag(none.text, "Code")], [404, "NoSuchBucketPolicy"]);
  const text = `${policyOf(statement)}\n`;
  assert.deepEqual([(await ask("PUT", text)).status, (await ask("PUT", text)).status], [204, 204]);
  const got = await ask("GET");
  assert.deepEqual([got.text, got.headers.get("content-type")], [text, "application/json"]);
  const status = await ask("GET", "", { query: { policyStatus: "" } });
  assert.equal(tag(status.text, "IsPublic"), "false");
  const bad = await ask("PUT", "{}");
  assert.deepEqual([bad.status, tag(bad.text, "Code")], [400, "MalformedPolicy"]);
  assert.equal((await ask("GET")).text, text);
  assert.deepEqual([(await ask("DELETE")).status, (await ask("DELETE")).status], [204, 204]);
  assert.equal((await ask("GET")).status, 404);
  const noStatus = await ask("GET", "", { query: { policyStatus: "" } });
  assert.equal(tag(noStatus.text, "Code"), "NoSuchBucketPolicy");
});

Deno.test("a policy is in force with the next request, after a restart, and after a kill", async () => {
  const { door, s3, ask } = await openBucket();
  await using _closing = s3;
  const text = policyOf(statement);
  const policySeen = async (port = s3.port) => {
    await send(port, { method: "GET", path: `/${bucket}/k` });
    return door.asked.at(-1)?.policy;
  };
  assert.equal(await policySeen(), null);
  await ask("PUT", text);
  assert.equal(await policySeen(), text);
  await s3.restart();
  assert.equal(await policySeen(), text);
  const shorter = policyOf({ ...statement, Action: "s3:*" });
  await ask("PUT", shorter);
  // One that was killed has closed nothing; its files are as they are.
  const copy = Deno.makeTempDirSync();
  copyTree(s3.dir, copy);
  await using after = await startTestS3({ door, dir: copy });
  assert.equal(await policySeen(after.port), shorter);
});

function copyTree(from: string, to: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (!isDirectory) Deno.copyFileSync(`${from}/${name}`, `${to}/${name}`);
    else {
      Deno.mkdirSync(`${to}/${name}`);
      copyTree(`${from}/${name}`, `${to}/${name}`);
    }
  }
}

Deno.test("a policy goes with its bucket, also with one that was removed by hand", async () => {
  const { s3, ask } = await openBucket();
  await using _closing = s3;
  const bare = { query: {} };
  await ask("PUT", policyOf(statement));
  assert.equal((await ask("DELETE", "", bare)).status, 204);
  await ask("PUT", "", bare);
  assert.equal((await ask("GET")).status, 404);
  await ask("PUT", policyOf(statement));
  Deno.removeSync(`${s3.dir}/${bucket}`);
  assert.equal((await ask("PUT", "", bare)).status, 200);
  assert.equal((await ask("GET")).status, 404);
});

Deno.test("a damaged policy is mended from its copy, and without one shuts the bucket", async () => {
  const { s3, ask } = await openBucket();
  await using _closing = s3;
  const text = policyOf(statement);
  await ask("PUT", text);
  const path = `${s3.dir}/.meta/${bucket}/policy.json`;
  Deno.writeTextFileSync(path, "{}\ncrc32c 00000000\n");
  await s3.restart();
  assert.equal((await ask("GET")).text, text);
  for (const file of [path, `${path}.copy`]) Deno.writeTextFileSync(file, "x\ncrc32c 00000000\n");
  await s3.restart();
  assert.equal((await send(s3.port, { method: "GET", path: `/${bucket}/k` })).status, 500);
});

Deno.test("the root of the account is never shut out from the policy itself", async () => {
  const key = testKey(credentials);
  const arn = "arn:aws:iam::111122223333:root";
  const root = { ...key, principal: { ...key.principal, arn, entity: { type: "root" as const } } };
  const door = new FakeDoor([root]);
  await using s3 = await startTestS3({ door });
  const at = { path: `/${bucket}`, query: { policy: "" } };
  const denying = policyOf({ ...statement, Effect: "Deny", Principal: "*", Action: "s3:*" });
  await send(s3.port, { ...at, method: "PUT", body: denying });
  door.refuses = ({ policy }) => policy === denying;
  assert.equal((await send(s3.port, { method: "GET", path: `/${bucket}/k` })).status, 403);
  assert.equal((await send(s3.port, { ...at, method: "GET" })).text, denying);
  assert.equal((await send(s3.port, { ...at, method: "DELETE" })).status, 204);
});
