/** A pair, decided by the evaluator, in the judge's words. */
import { type Asker, compiled, decide, type Policy } from "../../sim/iam/policy/mod.ts";
import type { Json, Pair } from "./iam_policy_pairs.ts";

const words = {
  allowed: "Allowed",
  explicitDeny: "ExplicitlyDenied",
  implicitDeny: "ImplicitlyDenied",
} as const;

export type Word = typeof words[keyof typeof words];

export function askerOfPair({ principal, context }: Pair): Asker {
  if (!principal.startsWith("arn:")) {
    const service = principal === "anonymous" ? null : principal;
    return { arns: [], accountId: null, service, isRoot: false };
  }
  const entity = String(context["aws:PrincipalArn"]);
  return {
    arns: entity === principal ? [principal] : [principal, entity],
    accountId: principal.split(":")[4] ?? null,
    service: null,
    isRoot: false,
  };
}

export function decisionOf(pair: Pair): Word {
  const isTrust = pair.action === "sts:AssumeRole";
  const of = (document: Json, kind: Policy["kind"]) =>
    compiled(JSON.stringify(document), kind, "pair");
  const decision = decide({
    asker: askerOfPair(pair),
    action: pair.action,
    resource: pair.resource,
    accountId: pair.accountId,
    context: Object.fromEntries(
      Object.entries(pair.context).map(([key, value]) => [key.toLowerCase(), value]),
    ),
  }, {
    identity: pair.identity.map((document) => of(document, "identity")),
    resource: pair.resourcePolicy === null
      ? null
      : of(pair.resourcePolicy, isTrust ? "trust" : "resource"),
    resourceMustAllow: isTrust,
    boundary: pair.boundary === null ? null : of(pair.boundary, "boundary"),
    session: pair.session === null ? [] : [of(pair.session, "session")],
  });
  return words[decision.effect];
}
