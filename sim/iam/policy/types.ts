/**
 * Types of the evaluator: documents and a request in, a decision with its reason out.
 *
 * Source: IAM user guide, "Policy evaluation logic"; "IAM JSON policy reference".
 */

/** Where a document stands decides what it may hold and what it is called in a denial. */
export type PolicyKind = "identity" | "resource" | "trust" | "session" | "boundary";

/**
 * Keys of the request, in lower case (`aws:sourceip`) -> value, or values of a multi-valued key.
 * It is asked key by key: some of them stand in its prototype (see context.ts).
 */
export type Context = Readonly<Record<string, string | readonly string[]>>;

/** Who asks, in the forms in which the `Principal` of a policy can name somebody. */
export interface Asker {
  /** ARNs that stand for it: its own first, then, for a session, that of its role. */
  arns: readonly string[];
  /** Twelve digits; null: it is of no account. */
  accountId: string | null;
  /** E.g. `apigateway.amazonaws.com`; null: it is no service of AWS. */
  service: string | null;
  /** The root user, whom no identity policy needs to allow. */
  isRoot: boolean;
}

export interface PolicyRequest {
  asker: Asker;
  /** E.g. `kinesis:PutRecords`. */
  action: string;
  /** An ARN, or `*` where the action knows no resource. */
  resource: string;
  /** All keys, those of the principal and of the moment included. */
  context: Context;
  /** Account of the resource, twelve digits; default: that of who asks. */
  accountId?: string | undefined;
}

/** Documents that count for a request, each compiled once (`compiled()` in mod.ts). */
export interface Policies<Policy> {
  identity: readonly Policy[];
  /** Of the resource: a bucket's, a stream's, the trust policy of a role; null: it has none. */
  resource: Policy | null;
  /** Whether the resource's policy must allow by itself, as a role's trust policy must. */
  resourceMustAllow: boolean;
  boundary: Policy | null;
  session: readonly Policy[];
}

/** One statement that spoke. */
export interface Matched {
  /** As it was compiled with: `<policy name>`. */
  policy: string;
  kind: PolicyKind;
  /** Its Sid, or its place, counted from 0. */
  statement: string | number;
}

export interface Decision {
  allowed: boolean;
  /** A Deny spoke, or nothing allowed it. */
  effect: "allowed" | "explicitDeny" | "implicitDeny";
  /** Of a denial: which kind of policy denied, or was the first one missing that had to allow. */
  kind: PolicyKind | null;
  /** Statements that decided: those that allowed it, or that denied it. */
  matched: readonly Matched[];
  /** Keys that conditions looked for and the request has not. */
  missing: readonly string[];
}
