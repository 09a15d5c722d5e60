// IAM user guide, "Policy evaluation logic": the table "Resource-based policies" of "How AWS
// enforcement code logic evaluates requests", and the flow chart's order.
import assert from "node:assert/strict";
import { becauseOf, type PolicyKind } from "../../../../sim/iam/policy/mod.ts";
import {
  account,
  allowsNothing,
  ann,
  decided,
  gateway,
  type Json,
  nobody,
  roleArn,
  root,
  run1,
  sessionArn,
  userArn,
} from "./policies.ts";

const deny: Json = { Effect: "Deny" };
const allow: Json = {};
const to = (principal: string): Json => ({ Principal: { AWS: principal } });
const other = "444455556666";

Deno.test("nothing that allows is an implicit denial", () => {
  const decision = decided({});
  assert.deepEqual(decision, {
    allowed: false,
    effect: "implicitDeny",
    kind: "identity",
    matched: [],
    missing: [],
  });
});

Deno.test("a Deny wins wherever it stands, and says where", () => {
  const allowing = {
    identity: [allow],
    resource: [to(userArn)],
    boundary: [allow],
    session: [allow],
  };
  assert.equal(decided(allowing).allowed, true);
  const denying: [PolicyKind, Json][] = [
    ["identity", deny],
    ["resource", { ...deny, Principal: "*" }],
    ["boundary", deny],
    ["session", deny],
  ];
  for (const [kind, statement] of denying) {
    const decision = decided({
      ...allowing,
      [kind]: [...[allowing[kind as "identity"]].flat(), statement],
    });
    assert.equal(decision.effect, "explicitDeny", kind);
    assert.equal(decision.kind, kind);
    assert.equal(decision.matched.length, 1);
    assert.equal(decision.matched[0]?.statement, 1);
  }
});

Deno.test("boundary and session policy must allow what the identity's policy allows", () => {
  const both = { identity: [allow], boundary: [allow], session: [allow] };
  assert.equal(decided(both).allowed, true);
  assert.equal(decided({ ...both, boundary: [allowsNothing] }).kind, "boundary");
  assert.equal(decided({ ...both, session: [allowsNothing] }).kind, "session");
  assert.equal(decided({ boundary: [allow], session: [allow] }).kind, "identity");
});

// Row by row: who asks, whom the resource's policy names, what identity-based policy, boundary and
// session policy say (all of them an implicit denial), and the result.
Deno.test("a resource's policy alone suffices for whom it names itself", () => {
  const silent = { identity: [allowsNothing], boundary: [allowsNothing], session: [allowsNothing] };
  const rows: [string, typeof ann, Json, boolean][] = [
    ["session, by its role", run1, to(roleArn), false],
    ["session, by itself", run1, to(sessionArn), true],
    ["user, by itself", ann, to(userArn), true],
    ["root, by its account", root, to(account), true],
    ["service, by its name", gateway, { Principal: { Service: gateway.service } }, true],
    ["session, by a wildcard", run1, { Principal: "*" }, true],
    ["user, by its account", ann, to(account), false],
    ["user, by another's name", ann, to(`${userArn}2`), false],
    ["service, by another's name", gateway, { Principal: { Service: "ec2.amazonaws.com" } }, false],
  ];
  for (const [name, asker, statement, allowed] of rows) {
    assert.equal(decided({ ...silent, resource: [statement] }, { asker }).allowed, allowed, name);
  }
});

Deno.test("a role that a resource names needs no policy of its own, but boundary and session", () => {
  const resource = [to(roleArn)];
  const request = { asker: run1 };
  assert.equal(decided({ resource }, request).allowed, true);
  assert.equal(decided({ resource, boundary: [allow], session: [allow] }, request).allowed, true);
  assert.equal(decided({ resource, boundary: [allowsNothing] }, request).kind, "boundary");
  assert.equal(decided({ resource, session: [allowsNothing] }, request).kind, "session");
});

Deno.test("an account that a resource names hands the decision on to its own policies", () => {
  for (const principal of [account, `arn:aws:iam::${account}:root`]) {
    assert.equal(decided({ resource: [to(principal)] }).kind, "identity");
    assert.equal(decided({ resource: [to(principal)], identity: [allow] }).allowed, true);
  }
});

Deno.test("a trust policy must allow by itself, and to the account only with the identity's", () => {
  const request = { action: "sts:AssumeRole", resource: roleArn };
  const trust = (principal: string) => [{ ...to(principal), Action: "sts:AssumeRole" }];
  const identity = [allow];
  assert.equal(decided({ trust: trust(userArn) }, request).allowed, true);
  assert.equal(decided({ trust: trust(account), identity }, request).allowed, true);
  assert.equal(decided({ trust: trust(account) }, request).kind, "identity");
  assert.equal(decided({ trust: trust(`${userArn}2`), identity }, request).kind, "trust");
  assert.equal(
    decided({ trust: trust(other), identity }, { ...request, asker: root }).kind,
    "trust",
  );
});

Deno.test("the root user needs no policy, but a Deny of the resource's binds it", () => {
  assert.equal(decided({}, { asker: root }).allowed, true);
  const denial = { resource: [{ ...deny, Principal: "*" }] };
  assert.equal(decided(denial, { asker: root }).effect, "explicitDeny");
});

Deno.test("in another account both sides must allow", () => {
  const request = { accountId: other };
  const resource = [to(account)];
  assert.equal(decided({ identity: [allow], resource }, request).allowed, true);
  assert.equal(decided({ identity: [allow] }, request).kind, "resource");
  assert.equal(decided({ resource: [to(userArn)] }, request).kind, "identity");
  const bounded = { identity: [allow], resource, boundary: [allowsNothing] };
  assert.equal(decided(bounded, request).kind, "boundary");
  assert.equal(decided({ resource }, { ...request, asker: root }).allowed, true);
  assert.equal(decided({}, { ...request, asker: root }).kind, "resource");
});

Deno.test("nobody in particular has what a resource gives to everybody", () => {
  for (const principal of ["*", { AWS: "*" }]) {
    assert.equal(
      decided({ resource: [{ Principal: principal }] }, { asker: nobody }).allowed,
      true,
    );
  }
  assert.equal(decided({ resource: [to(account)] }, { asker: nobody }).kind, "resource");
});

Deno.test("one of several session policies is enough, and one of several identity policies", () => {
  const decision = decided({ identity: [allowsNothing, allow], session: [allowsNothing, allow] });
  assert.equal(decision.allowed, true);
  assert.deepEqual(decision.matched.map(({ kind, statement }) => [kind, statement]), [
    ["identity", 1],
    ["session", 1],
  ]);
});

Deno.test("a decision names statements by their Sid", () => {
  const decision = decided({ identity: [{ Sid: "Everything" }] });
  assert.deepEqual(decision.matched, [
    { policy: "identity-policy", kind: "identity", statement: "Everything" },
  ]);
});

Deno.test("a decision names every key that was looked for in vain", () => {
  const decision = decided({
    identity: [{
      Condition: {
        StringEquals: { "aws:PrincipalTag/Team": "data", "s3:prefix": "a" },
        Bool: { "aws:SecureTransport": "true" },
        Null: { "aws:TokenIssueTime": "true" },
      },
    }],
    boundary: [{ Condition: { StringEquals: { "s3:prefix": "b" } } }],
  }, { context: { "aws:securetransport": "true" } });
  assert.deepEqual(decision.missing, ["aws:PrincipalTag/Team", "s3:prefix"]);
});

Deno.test("NotAction and NotResource are about everything else", () => {
  const notRead = { identity: [{ NotAction: "s3:Get*" }] };
  assert.equal(decided(notRead).allowed, false);
  assert.equal(decided(notRead, { action: "s3:PutObject" }).allowed, true);
  const elsewhere = { identity: [{ NotResource: ["arn:aws:s3:::posts/*", "arn:aws:s3:::x"] }] };
  assert.equal(decided(elsewhere).allowed, false);
  assert.equal(decided(elsewhere, { resource: "arn:aws:s3:::other/1" }).allowed, true);
});

// "Troubleshoot access denied error messages", its examples.
Deno.test("denials end as AWS's do", () => {
  const said: [PolicyKind, string, string][] = [
    [
      "identity",
      "because no identity-based policy allows",
      "with an explicit deny in an identity-based policy",
    ],
    [
      "resource",
      "because no resource-based policy allows",
      "with an explicit deny in a resource-based policy",
    ],
    [
      "boundary",
      "because no permissions boundary allows",
      "with an explicit deny in a permissions boundary",
    ],
    ["session", "because no session policy allows", "with an explicit deny in a session policy"],
    [
      "trust",
      "because no role trust policy allows",
      "with an explicit deny in the role trust policy",
    ],
  ];
  for (const [kind, implicit, explicit] of said) {
    const denial = { allowed: false, kind, matched: [], missing: [] };
    const action = "sts:AssumeRole";
    assert.equal(
      becauseOf({ ...denial, effect: "implicitDeny" }, action),
      `${implicit} the sts:AssumeRole action`,
    );
    assert.equal(becauseOf({ ...denial, effect: "explicitDeny" }, action), explicit);
  }
});
