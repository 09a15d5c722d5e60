// IAM user guide, "AWS JSON policy elements: Principal" and "NotPrincipal".
import assert from "node:assert/strict";
import {
  account,
  allowsNothing,
  ann,
  decided,
  gateway,
  type Json,
  roleArn,
  root,
  run1,
  sessionArn,
  userArn,
} from "./policies.ts";

const rootArn = `arn:aws:iam::${account}:root`;

/** Whether a Deny with this NotPrincipal leaves an asker alone. */
function isExcused(names: string[], asker: typeof ann, more: { boundary?: Json[] } = {}): boolean {
  const resource = [{ Effect: "Deny", NotPrincipal: { AWS: names } }];
  return decided({ identity: [{}], resource, ...more }, { asker }).allowed;
}

Deno.test("a Deny names whom it denies, by any of the names", () => {
  const denies = (name: string, asker: typeof ann) =>
    !decided({ identity: [{}], resource: [{ Effect: "Deny", Principal: { AWS: name } }] }, {
      asker,
    })
      .allowed;
  for (const name of ["*", userArn, account, rootArn]) assert.equal(denies(name, ann), true, name);
  for (const name of ["*", sessionArn, roleArn, account]) {
    assert.equal(denies(name, run1), true, name);
  }
  assert.equal(denies(`arn:aws:iam::${account}:user/Ann`, ann), false);
  assert.equal(denies(`arn:aws:iam::${account}:user/an`, ann), false);
  assert.equal(denies("444455556666", ann), false);
  assert.equal(denies(sessionArn.replace("run1", "run2"), run1), false);
});

Deno.test("NotPrincipal excuses a user by its own name and its account's", () => {
  assert.equal(isExcused([userArn, rootArn], ann), true);
  assert.equal(isExcused([userArn, account], ann), true);
  assert.equal(isExcused([userArn], ann), false);
  assert.equal(isExcused([rootArn], ann), false);
  assert.equal(isExcused([rootArn], root), true);
});

Deno.test("NotPrincipal excuses a session by its own name, its role's and its account's", () => {
  assert.equal(isExcused([sessionArn, roleArn, rootArn], run1), true);
  assert.equal(isExcused([sessionArn, rootArn], run1), false);
  assert.equal(isExcused([roleArn, rootArn], run1), false);
});

Deno.test("NotPrincipal always denies whoever has a boundary", () => {
  assert.equal(isExcused([userArn, rootArn], ann, { boundary: [{}] }), false);
});

Deno.test("a service is named by its name alone", () => {
  const allows = (service: string | string[]) =>
    decided({ resource: [{ Principal: { Service: service } }] }, { asker: gateway }).allowed;
  assert.equal(allows("apigateway.amazonaws.com"), true);
  assert.equal(allows(["ec2.amazonaws.com", "apigateway.amazonaws.com"]), true);
  assert.equal(allows("ec2.amazonaws.com"), false);
  assert.equal(
    decided({ resource: [{ ...allowsNothing, Principal: "*" }] }, { asker: gateway }).allowed,
    false,
  );
});
