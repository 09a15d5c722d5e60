/** What stands around the actions: signatures, the Query protocol, pages, hostile requests. */
import assert from "node:assert/strict";
import { SignatureV4 } from "@smithy/signature-v4";
import { Sha256 } from "../net/sha256.ts";
import { noFaults } from "../../../sim/faults/plan.ts";
import { Events, type SimEvent } from "../../../sim/events.ts";
import { startIam } from "../../../sim/identity/mod.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import {
  accountId,
  administrator,
  alice,
  asAlice,
  formOf,
  type Given,
  policy,
  refusal,
  region,
  resultOf,
  type Said,
  send,
  startIdentity,
  statement,
  type TestIdentity,
} from "./support.ts";

const nowMs = Date.now();
const listUsers = formOf({ Action: "ListUsers", Version: "2010-05-08" });
const signing = { credentials: administrator, region: "us-east-1", service: "iam", nowMs };

async function answered(response: Promise<Response>, action = "ListUsers"): Promise<Said> {
  const { status } = await response;
  return resultOf(await (await response).text(), action, status);
}

Deno.test("a request must be signed, by a known key, with its secret, for this service, in time", async () => {
  await using identity = await startIdentity();
  const sent = (form: string, by: typeof signing | null) =>
    refusal(answered(send(identity.iamPort, form, by)));
  assert.equal(
    await sent(listUsers, null),
    "403 MissingAuthenticationToken: Request is missing Authentication Token",
  );
  const unknown = { ...administrator, accessKeyId: "AKIAUNKNOWN000000000" };
  assert.equal(
    await sent(listUsers, { ...signing, credentials: unknown }),
    "403 InvalidClientTokenId: The security token included in the request is invalid.",
  );
  const wrong = { ...administrator, secretAccessKey: "wrong" };
  assert.match(
    await sent(listUsers, { ...signing, credentials: wrong }),
    /^403 SignatureDoesNotMatch: The request signature we calculated does not match/,
  );
  assert.match(await sent(listUsers, { ...signing, service: "s3" }), /^403 SignatureDoesNotMatch/);
  assert.match(
    await sent(listUsers, { ...signing, region: "sa-east-1" }),
    /^403 SignatureDoesNotMatch/,
  );
  assert.match(
    await sent(listUsers, { ...signing, nowMs: nowMs - 3_600_000 }),
    /^403 SignatureDoesNotMatch: Signature expired: /,
  );
});

Deno.test("a body that is not the one that was signed is refused", async () => {
  await using identity = await startIdentity();
  const { fetch } = globalThis;
  globalThis.fetch = (input, init) => {
    const body = String(new TextDecoder().decode(init?.body as Uint8Array)).replace("List", "Xist");
    return fetch(input, { ...init, body });
  };
  try {
    const refusedWith = await refusal(answered(send(identity.iamPort, listUsers, signing)));
    assert.match(refusedWith, /^403 SignatureDoesNotMatch/);
  } finally {
    globalThis.fetch = fetch;
  }
});

Deno.test("a presigned GetCallerIdentity says who signed it, by GET too", async () => {
  await using identity = await startIdentity();
  const signer = new SignatureV4({
    credentials: alice,
    region,
    service: "sts",
    sha256: Sha256,
  });
  const host = `127.0.0.1:${identity.stsPort}`;
  const request = await signer.presign({
    method: "GET",
    protocol: "http:",
    hostname: "127.0.0.1",
    port: identity.stsPort,
    path: "/",
    query: { Action: "GetCallerIdentity", Version: "2011-06-15" },
    headers: { host },
  }, { expiresIn: 60 });
  const query = new URLSearchParams(request.query as Record<string, string>);
  const answer = await answered(fetch(`http://${host}/?${query}`), "GetCallerIdentity");
  assert.equal(answer.Arn, `arn:aws:iam::${accountId}:user/alice`);
});

Deno.test("an action or a version that is none is refused by name", async () => {
  await using identity = await startIdentity();
  const { iam } = identity;
  assert.equal(
    await refusal(iam("CreateNothing")),
    "400 InvalidAction: Could not find operation CreateNothing for version 2010-05-08",
  );
  assert.match(await refusal(iam("constructor")), /^400 InvalidAction/);
  assert.match(await refusal(iam("ListUsers", { Version: "2020-01-01" })), /^400 InvalidAction/);
  const none = formOf({ Version: "2010-05-08" });
  assert.match(await refusal(answered(send(identity.iamPort, none, signing))), /MissingAction/);
});

Deno.test("pages hold so many, repeat nothing and end; a marker that is none is refused", async () => {
  await using identity = await startIdentity();
  const { iam } = identity;
  for (let at = 0; at < 7; at++) await iam("CreateUser", { UserName: `u${at}` });
  const names: string[] = [];
  let page: Said = {};
  do {
    const more = page.Marker === undefined ? {} : { Marker: page.Marker };
    page = await iam("ListUsers", { MaxItems: 4, ...more });
    names.push(...page.Users.map((user: Said) => user.UserName));
  } while (page.IsTruncated === "true");
  assert.equal(page.Marker, undefined);
  assert.deepEqual(names, ["alice", "root-like", ...[0, 1, 2, 3, 4, 5, 6].map((at) => `u${at}`)]);
  assert.match(await refusal(iam("ListUsers", { MaxItems: 0 })), /^400 ValidationError/);
  assert.match(await refusal(iam("ListUsers", { Marker: "%%%" })), /^400 ValidationError/);
});

/** Names that would be something else in a path, a map or an answer. */
const hostile = ["../../etc/passwd", "__proto__", "constructor", "a/b", "<x>", "a\0b", "..", "é"];

Deno.test("a hostile name is refused, or is a name like any other, and makes no file", async () => {
  await using identity = await startIdentity();
  const { iam, dir } = identity;
  const before = filesOf(dir);
  for (const name of hostile) {
    const made = await refusalOrNull(iam("CreateUser", { UserName: name }));
    if (made !== null) {
      assert.match(made, /^400 ValidationError/, name);
      continue;
    }
    assert.equal((await iam("GetUser", { UserName: name })).User.UserName, name);
    const PolicyDocument = policy(statement("Allow", "s3:*"));
    await iam("PutUserPolicy", { UserName: name, PolicyName: name, PolicyDocument });
    const text = (await iam("GetUserPolicy", { UserName: name, PolicyName: name })).PolicyDocument;
    assert.equal(decodeURIComponent(text), PolicyDocument);
    await iam("DeleteUserPolicy", { UserName: name, PolicyName: name });
    await iam("DeleteUser", { UserName: name });
  }
  assert.match(await refusal(iam("GetUser", { UserName: "__proto__" })), /^404 NoSuchEntity/);
  assert.match(await refusal(iam("GetRole", { RoleName: "constructor" })), /^404 NoSuchEntity/);
  assert.deepEqual(filesOf(dir), before);
});

function filesOf(dir: string): string[] {
  return [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
}

async function refusalOrNull(answering: Promise<unknown>): Promise<string | null> {
  let isRefused = false;
  const watched = answering.catch((error) => {
    isRefused = true;
    throw error;
  });
  const text = await refusal(watched).catch(() => "");
  return isRefused ? text : null;
}

Deno.test("a form that is too deep, too wide or too long is refused, and the next one served", async () => {
  await using identity = await startIdentity();
  const deep = `${listUsers}&${"A.".repeat(50)}x=1`;
  const wide = `${listUsers}&${Array.from({ length: 6000 }, (_, at) => `p${at}=1`).join("&")}`;
  for (const form of [deep, wide]) {
    const refusedWith = await refusal(answered(send(identity.iamPort, form, signing)));
    assert.match(refusedWith, /^400 ValidationError/);
  }
  const long = `${listUsers}&X=${"x".repeat(2 * 1024 * 1024)}`;
  const { status, body } = await send(identity.iamPort, long, signing);
  await body?.cancel();
  assert.equal(status, 413);
  assert.ok((await answered(send(identity.iamPort, listUsers, signing))).Users.length > 0);
});

/** What may be asked, and under which ARN it is refused. */
const refusals: [action: string, parameters: Given, resource: string][] = [
  ["CreateUser", { UserName: "x", Path: "/p/" }, `arn:aws:iam::${accountId}:user/p/x`],
  ["GetUser", { UserName: "nobody" }, `arn:aws:iam::${accountId}:user/nobody`],
  ["ListUsers", {}, `arn:aws:iam::${accountId}:user/`],
  ["ListPolicies", {}, "policy path /"],
  ["GetAccountSummary", {}, "*"],
  ["GetRole", { RoleName: "machine" }, `arn:aws:iam::${accountId}:role/machine`],
  [
    "GetPolicy",
    { PolicyArn: "arn:aws:iam::aws:policy/IAMFullAccess" },
    "arn:aws:iam::aws:policy/IAMFullAccess",
  ],
];

Deno.test("whoever may not is refused under the ARN, whether there is such a thing or not", async () => {
  await using identity = await startIdentity();
  for (const [action, parameters, resource] of refusals) {
    assert.equal(
      await refusal(identity.iam(action, parameters, asAlice)),
      `403 AccessDenied: User: arn:aws:iam::${accountId}:user/alice is not authorized to ` +
        `perform: iam:${action} on resource: ${resource} because no identity-based policy ` +
        `allows the iam:${action} action`,
    );
  }
});

/** Policies that let alice do one thing under a condition: what passes, and what does not. */
const conditions: [condition: object, action: string, passes: object, fails: object][] = [
  [
    { ArnEquals: { "iam:PolicyARN": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" } },
    "AttachUserPolicy",
    { UserName: "alice", PolicyArn: "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" },
    { UserName: "alice", PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" },
  ],
  [
    { StringEquals: { "iam:PermissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess" } },
    "CreateUser",
    { UserName: "x", PermissionsBoundary: "arn:aws:iam::aws:policy/PowerUserAccess" },
    { UserName: "x" },
  ],
  [
    { StringEquals: { "aws:RequestTag/team": "a" } },
    "TagUser",
    { UserName: "alice", Tags: [{ Key: "team", Value: "a" }] },
    { UserName: "alice", Tags: [{ Key: "team", Value: "b" }] },
  ],
  [
    { "ForAllValues:StringEquals": { "aws:TagKeys": ["team"] } },
    "UntagUser",
    { UserName: "alice", TagKeys: ["team"] },
    { UserName: "alice", TagKeys: ["team", "other"] },
  ],
  [
    { StringEquals: { "aws:ResourceTag/team": "a" } },
    "GetUser",
    { UserName: "alice" },
    { UserName: "root-like" },
  ],
];

Deno.test("conditions on policies, boundaries and tags hold for IAM's own actions", async () => {
  for (const [Condition, action, passes, fails] of conditions) {
    await using identity = await startIdentity();
    const { iam } = identity;
    await iam("TagUser", { UserName: "alice", Tags: [{ Key: "team", Value: "a" }] });
    const PolicyDocument = policy({ ...statement("Allow", `iam:${action}`), Condition });
    await iam("PutUserPolicy", { UserName: "alice", PolicyName: "one", PolicyDocument });
    const failed = await refusal(iam(action, fails as Given, asAlice));
    assert.match(failed, /^403 AccessDenied/, action);
    await iam(action, passes as Given, asAlice);
  }
});

Deno.test("requests are told, with who asked for what", async () => {
  const told: SimEvent[] = [];
  await using identity = await startIdentity() as TestIdentity;
  const events = new Events(Date.now);
  events.hear((event) => told.push(event));
  const context = { world: worldFromSeed(1), faults: noFaults, dir: identity.dir, events };
  await using iam = await startIam(context, { port: 0, region, account: identity.account });
  const by = { ...signing, credentials: asAlice };
  assert.match(await refusal(answered(send(iam.port, listUsers, by))), /AccessDenied/);
  assert.deepEqual(
    told.map(({ service, who, action, answer }) => ({ service, who, action, answer })),
    [
      {
        service: "iam",
        who: `arn:aws:iam::${accountId}:user/alice`,
        action: "ListUsers",
        answer: "403 AccessDenied",
      },
    ],
  );
});
