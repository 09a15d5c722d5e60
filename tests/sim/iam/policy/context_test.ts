// IAM user guide, "AWS global condition context keys"; "aws:userid" and "aws:PrincipalType" by
// kind of principal: "Request information that you can use for policy variables".
import assert from "node:assert/strict";
import { askerOf, contextOf } from "../../../../sim/iam/policy/context.ts";
import type { Context } from "../../../../sim/iam/policy/mod.ts";
import { type AwsPrincipal, roleKey, userKey } from "../../../../sim/iam/principal.ts";

const account = "111122223333";
const pair = { accessKeyId: "AKIAX", secretAccessKey: "s" };
const user = userKey(pair, account, "ann").principal;
const names = { role: "worker", sessionName: "run1" };
const session: AwsPrincipal = {
  ...roleKey(pair, account, names).principal,
  session: {
    name: "run1",
    policies: [],
    tags: { Team: "web" },
    issuedMs: Date.UTC(2026, 2, 1, 12, 0, 0, 7),
    expiresMs: Infinity,
  },
};
const root: AwsPrincipal = {
  ...user,
  arn: `arn:aws:iam::${account}:root`,
  userId: account,
  entity: { type: "root" },
};
const moment = {
  nowMs: Date.UTC(2026, 2, 1, 12, 0, 0, 900),
  sourceIp: "127.0.0.1",
  isSecure: true,
  region: "us-east-1",
};

/** The values of some keys; undefined where one is missing. */
function read(context: Context, ...keys: string[]): unknown[] {
  return keys.map((key) => context[key]);
}

const whose = [
  ...["aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:userid"],
  ...["aws:username", "aws:tokenissuetime", "aws:multifactorauthpresent"],
];

Deno.test("a user has a name, a session has a token, and the root has neither", () => {
  assert.deepEqual(read(contextOf(user, moment), ...whose), [
    ...[user.arn, account, "User", "AIDAann", "ann", undefined, undefined],
  ]);
  assert.deepEqual(read(contextOf(session, moment), ...whose), [
    ...[`arn:aws:iam::${account}:role/worker`, account, "AssumedRole", "AROAworker:run1"],
    ...[undefined, "2026-03-01T12:00:00Z", "false"],
  ]);
  assert.deepEqual(read(contextOf(root, moment), ...whose), [
    ...[root.arn, account, "Account", account, undefined, undefined, undefined],
  ]);
});

Deno.test("the moment is known to every request", () => {
  const keys = [
    ...["aws:currenttime", "aws:epochtime", "aws:securetransport", "aws:sourceip"],
    ...["aws:requestedregion", "aws:viaawsservice"],
  ];
  const expected = [
    "2026-03-01T12:00:00Z",
    "1772366400",
    "true",
    "127.0.0.1",
    "us-east-1",
    "false",
  ];
  for (const principal of [user, session, { kind: "anonymous" } as const]) {
    assert.deepEqual(read(contextOf(principal, moment), ...keys), expected);
  }
  const later = contextOf(user, { ...moment, nowMs: moment.nowMs + 1000, sourceIp: null });
  assert.deepEqual(read(later, "aws:epochtime", "aws:sourceip"), ["1772366401", undefined]);
});

Deno.test("tags are those of the entity, and the session's win", () => {
  const known = { tags: { team: "data", Stage: "prod" } };
  const keys = ["aws:principaltag/team", "aws:principaltag/stage"];
  assert.deepEqual(read(contextOf(session, moment, { known }), ...keys), ["web", "prod"]);
  assert.deepEqual(read(contextOf(user, moment, { known }), ...keys), ["data", "prod"]);
  assert.deepEqual(read(contextOf(user, moment), ...keys), [undefined, undefined]);
});

Deno.test("a request's own keys are its own", () => {
  const one = contextOf(user, moment, { own: { "s3:prefix": "a", "aws:tagkeys": ["x"] } });
  assert.deepEqual(read(one, "s3:prefix", "aws:tagkeys"), ["a", ["x"]]);
  assert.deepEqual(read(contextOf(user, moment), "s3:prefix"), [undefined]);
});

Deno.test("no key of a request, whatever its name, takes the others away", () => {
  const own = JSON.parse(
    '{ "moment": "x", "atmoment": "x", "__proto__": ["x"], "constructor": "x" }',
  );
  const context = contextOf(user, moment, { own });
  assert.deepEqual(read(context, "aws:currenttime", "aws:username", "moment", "constructor"), [
    ...["2026-03-01T12:00:00Z", "ann", "x", "x"],
  ]);
});

Deno.test("a service says that it is one", () => {
  const service = { kind: "service", name: "ec2.amazonaws.com" } as const;
  assert.deepEqual(
    read(contextOf(service, moment), "aws:principalisawsservice", "aws:principalservicename"),
    ["true", "ec2.amazonaws.com"],
  );
});

Deno.test("an asker goes by its own ARN, and a session by its role's with the path as well", () => {
  assert.deepEqual(askerOf(user).arns, [user.arn]);
  assert.deepEqual(askerOf(session).arns, [session.arn, `arn:aws:iam::${account}:role/worker`]);
  const arn = `arn:aws:iam::${account}:role/team/worker`;
  assert.deepEqual(askerOf(session, { arn }).arns, [session.arn, arn]);
  assert.equal(contextOf(session, moment, { known: { arn } })["aws:principalarn"], arn);
  assert.equal(askerOf(root).isRoot, true);
  assert.deepEqual(askerOf({ kind: "service", name: "ec2.amazonaws.com" }), {
    arns: [],
    accountId: null,
    service: "ec2.amazonaws.com",
    isRoot: false,
  });
  assert.equal(askerOf({ kind: "anonymous" }).accountId, null);
});
