/** Short ways to a policy, a request and a decision. */
import {
  type Asker,
  compiled,
  type Context,
  decide,
  type Decision,
  type Policies,
  type Policy,
  type PolicyKind,
  type PolicyRequest,
} from "../../../../sim/iam/policy/mod.ts";

export const account = "111122223333";
export const userArn = `arn:aws:iam::${account}:user/ann`;
export const roleArn = `arn:aws:iam::${account}:role/worker`;
export const sessionArn = `arn:aws:sts::${account}:assumed-role/worker/run1`;

export const ann: Asker = { arns: [userArn], accountId: account, service: null, isRoot: false };
export const run1: Asker = { ...ann, arns: [sessionArn, roleArn] };
export const root: Asker = { ...ann, arns: [`arn:aws:iam::${account}:root`], isRoot: true };
export const gateway: Asker = {
  arns: [],
  accountId: null,
  service: "apigateway.amazonaws.com",
  isRoot: false,
};
export const nobody: Asker = { ...gateway, service: null };

export type Json = Record<string, unknown>;

/** A document of these statements, each allowing everything unless it says otherwise. */
export function document(...statements: Json[]): string {
  const everything = { Effect: "Allow", Action: "*", Resource: "*" };
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: statements.map((statement) => {
      const { Resource: resource, Action: action, ...rest } = { ...everything, ...statement };
      return {
        ...rest,
        ...("NotAction" in statement ? {} : { Action: action }),
        ...("NotResource" in statement || resource === null ? {} : { Resource: resource }),
      };
    }),
  });
}

export function policy(kind: PolicyKind, ...statements: Json[]): Policy {
  return compiled(document(...statements), kind, `${kind}-policy`);
}

export const allowsNothing: Json = { Action: "none:None" };

interface Given {
  identity?: Json[];
  resource?: Json[];
  trust?: Json[];
  boundary?: Json[];
  session?: Json[];
}

/** The decision on a request of ann's for an object, unless it says otherwise. */
export function decided(given: Given, request: Partial<PolicyRequest> = {}): Decision {
  const one = (kind: PolicyKind, statements: Json[] | undefined) =>
    statements === undefined ? null : policy(kind, ...statements);
  const trust = given.trust?.map((statement) => ({ ...statement, Resource: null }));
  const policies: Policies<Policy> = {
    identity: given.identity === undefined ? [] : [policy("identity", ...given.identity)],
    resource: one("trust", trust) ?? one("resource", given.resource),
    resourceMustAllow: trust !== undefined,
    boundary: one("boundary", given.boundary),
    session: given.session === undefined ? [] : [policy("session", ...given.session)],
  };
  return decide({
    asker: ann,
    action: "s3:GetObject",
    resource: "arn:aws:s3:::posts/ann/1.json",
    context: {},
    ...request,
  }, policies);
}

/** Whether a statement with this condition applies to a request with these keys. */
export function holds(block: Json, context: Context): boolean {
  return decided({ identity: [{ Condition: block }] }, { context }).allowed;
}

/** Whether a statement of this resource is about that one. */
export function covers(resource: string, asked: string, context: Context = {}): boolean {
  return decided({ identity: [{ Resource: resource }] }, { resource: asked, context }).allowed;
}
