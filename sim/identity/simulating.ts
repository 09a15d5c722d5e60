/**
 * Simulating: policies, actions and resources -> what is decided, by which statements, and which
 * keys were looked for in vain. The evaluator is the one that every service asks.
 *
 * Source: IAM API reference, SimulatePrincipalPolicy, SimulateCustomPolicy.
 */
import { type Source, sourcesOf } from "../iam/account/in_force.ts";
import { defaultText } from "../iam/account/model.ts";
import { askerOf, contextOf } from "../iam/policy/context.ts";
import { compiled, contextKeysOf, decide, type Policy } from "../iam/policy/mod.ts";
import type { Asker, Context, Decision, PolicyKind } from "../iam/policy/types.ts";
import type { AwsPrincipal } from "../iam/principal.ts";
import type { Asking, Call } from "./action.ts";
import { onGroup, onRole, onUser } from "./asking.ts";
import { mustBePolicy } from "./documents.ts";
import { invalidInput } from "./errors.ts";
import { document } from "./fields.ts";
import { holderOf, type HolderType } from "./holders.ts";
import { policyOf, roleOf, userOf } from "./lookups.ts";
import { page, pageFields } from "./pages.ts";
import { type Infer, list, required, structure, text } from "./shapes.ts";
import type { Answer, Value } from "./xml.ts";

const keyTypes = ["string", "numeric", "boolean", "ip", "binary", "date"];

const contextEntry = structure({
  ContextKeyName: required(text({ min: 5, max: 256 })),
  ContextKeyValues: required(list(text(), { max: 500 })),
  ContextKeyType: text({ oneOf: [...keyTypes, ...keyTypes.map((type) => `${type}List`)] }),
});

export const simulationFields = {
  ActionNames: required(list(text({ min: 3, max: 128 }), { min: 1, max: 1000 })),
  ResourceArns: list(text({ min: 1, max: 2048 }), { max: 1000 }),
  PolicyInputList: list(document, { max: 100 }),
  PermissionsBoundaryPolicyInputList: list(document, { max: 1 }),
  ResourcePolicy: document,
  ResourceOwner: text({ min: 1, max: 2048 }),
  CallerArn: text({ min: 1, max: 2048 }),
  ContextEntries: list(contextEntry, { max: 500 }),
  ResourceHandlingOption: text({ min: 1, max: 64 }),
  ...pageFields,
};

type Simulation = Infer<typeof simulationFields>;

/** Whose policies are in force. */
export interface Simulated {
  sources: Source[];
  /** Text. */
  boundary: string | null;
  /** Null: nobody in particular. */
  principal: AwsPrincipal | null;
}

export function onSource(arn: string, call: Call): Asking {
  const { type, name } = sourceIn(arn, call);
  if (type === "user") return onUser(name, call);
  return type === "group" ? onGroup(name, call) : onRole(name, call);
}

function sourceIn(arn: string, { account }: Call): { type: HolderType; name: string } {
  const [, accountId, type, name] =
    /^arn:aws:iam::(\d{12}):(user|group|role)\/(?:[^ ]*\/)?([^/ ]+)$/.exec(arn) ?? [];
  if (accountId === account.accountId && name !== undefined) {
    return { type: type as HolderType, name };
  }
  throw invalidInput(`Invalid Entity Arn: ${arn} does not clearly define entity type and name.`);
}

export function customPolicies({ PermissionsBoundaryPolicyInputList }: Simulation): Simulated {
  return {
    sources: [],
    boundary: PermissionsBoundaryPolicyInputList?.[0] ?? null,
    principal: null,
  };
}

/** @throws {ServiceError} NoSuchEntity */
export function principalPolicies(
  arn: string,
  { PermissionsBoundaryPolicyInputList }: Partial<Simulation>,
  call: Call,
): Simulated {
  const { type, name } = sourceIn(arn, call);
  const { entities, accountId } = call.account;
  const sources = sourcesOf(type, holderOf(type, name, entities), entities);
  if (type === "group") return { sources, boundary: null, principal: null };
  const entity = type === "user" ? userOf(name, entities) : roleOf(name, entities);
  const given = PermissionsBoundaryPolicyInputList?.[0];
  const set = entity.boundary === null ? null : defaultText(policyOf(entity.boundary, entities));
  const principal: AwsPrincipal = {
    kind: "aws",
    arn,
    accountId,
    userId: entity.id,
    accessKeyId: "",
    entity: { type, name },
    session: null,
  };
  return { sources, boundary: given ?? set, principal };
}

/** @throws {ServiceError} MalformedPolicyDocument */
export function contextKeys(texts: readonly string[]): string[] {
  const keys = texts.flatMap((text) => contextKeysOf(mustBePolicy(text, "identity")));
  return [...new Set(keys)].sort();
}

export function simulated(request: Simulation, about: Simulated, call: Call): Answer {
  const { ActionNames, ResourceArns = [] } = request;
  const resources = ResourceArns.length === 0 ? ["*"] : ResourceArns;
  const questions = ActionNames.flatMap((action) =>
    resources.map((resource) => ({ action, resource }))
  ).map((question, at) => ({ ...question, key: String(at).padStart(8, "0") }));
  const { items, rest } = page(questions, ({ key }) => key, request);
  const judge = judgeOf(request, about, call);
  const EvaluationResults = items.map(({ action, resource }) => judge(action, resource));
  return { EvaluationResults, ...rest };
}

function judgeOf(
  request: Simulation,
  { sources, boundary, principal }: Simulated,
  call: Call,
): (action: string, resource: string) => Value {
  const given = (request.PolicyInputList ?? []).map((text, at) => {
    return { id: `PolicyInputList.${at + 1}`, type: "none", text };
  });
  const all = [...sources, ...given];
  const types = new Map(all.map(({ id, type }) => [id, type]));
  types.set("ResourcePolicy", "resource");
  const policies = {
    identity: all.map(({ text, id }) => checked(text, "identity", id)),
    resource: request.ResourcePolicy === undefined
      ? null
      : checked(request.ResourcePolicy, "resource", "ResourcePolicy"),
    resourceMustAllow: false,
    boundary: boundary === null ? null : checked(boundary, "boundary", "PermissionsBoundary"),
    session: [],
  };
  const asker = askerIn(request, principal, call);
  const context = contextIn(request, principal, call);
  return (action, resource) => {
    const question = { asker, action, resource, context };
    const decision = decide(question, policies);
    const allowed = policies.boundary === null || decide(question, {
      ...policies,
      identity: [policies.boundary],
      resource: null,
      boundary: null,
    }).allowed;
    return {
      EvalActionName: action,
      EvalResourceName: resource,
      EvalDecision: decision.effect,
      MatchedStatements: statementsOf(decision, types),
      MissingContextValues: [...new Set(decision.missing)],
      ...(policies.boundary === null ? {} : {
        PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: allowed },
      }),
    };
  };
}

function checked(text: string, kind: PolicyKind, name: string): Policy {
  mustBePolicy(text, kind);
  return compiled(text, kind, name);
}

function statementsOf({ matched }: Decision, types: ReadonlyMap<string, string>): Value {
  return [...new Set(matched.map(({ policy }) => policy))].map((policy) => ({
    SourcePolicyId: policy,
    SourcePolicyType: types.get(policy) ?? "none",
  }));
}

function askerIn({ CallerArn }: Simulation, principal: AwsPrincipal | null, call: Call): Asker {
  if (CallerArn === undefined && principal !== null) return askerOf(principal);
  const { accountId } = call.account;
  const arns = CallerArn === undefined ? [] : [CallerArn];
  return { arns, accountId, service: null, isRoot: CallerArn?.endsWith(":root") ?? false };
}

/** Those that are given, on top of what is known of the principal. */
function contextIn(
  request: Simulation,
  principal: AwsPrincipal | null,
  { account }: Call,
): Context {
  const own = Object.fromEntries((request.ContextEntries ?? []).map((entry) => {
    const { ContextKeyName: name, ContextKeyValues: values, ContextKeyType: type } = entry;
    const isList = type?.endsWith("List") === true || values.length > 1;
    return [name.toLowerCase(), isList ? values : values[0] ?? ""];
  }));
  if (principal === null) return own;
  const moment = {
    nowMs: account.nowMs(),
    sourceIp: null,
    isSecure: true,
    region: account.region,
  };
  return contextOf(principal, moment, { own });
}
