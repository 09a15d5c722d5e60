/**
 * Door: what a service of the simulator asks of IAM. Whose key this is, and whether somebody may
 * do something; what is decided, and by which policies, is IAM's alone.
 *
 *   keyOf      an access key id -> the key, its secret and its principal; unknown, inactive: none
 *   refusalOf  who, what, on which resource -> null (go on), or why not, in AWS's words
 *
 * Source: IAM user guide, "Troubleshoot access denied error messages".
 */
import type { AccessKey, Principal } from "./principal.ts";
import { keysById } from "./principal.ts";
import type { Context } from "./policy/types.ts";

export interface Asked {
  principal: Principal;
  /** E.g. `kinesis:PutRecords`. */
  action: string;
  /** An ARN, or `*` where the action knows no resource. */
  resource: string;
  /** Keys of this request beside those of its principal, in lower case; default: none. */
  context?: Context | undefined;
  /** The text of the resource's own policy; default: it has none. */
  resourcePolicy?: string | null | undefined;
  /** Whether that policy must allow by itself, as the trust policy of a role; default: no. */
  resourceMustAllow?: boolean | undefined;
  /** Whether a refusal only leaves something out of an answer; default: no. */
  isOptional?: boolean | undefined;
}

export interface Refusal {
  /** `User: <arn> is not authorized to perform: <action> on resource: <arn> because …`. */
  message: string;
  /** From `because` or `with` on. */
  because: string;
  isExplicit: boolean;
}

export interface Door {
  keyOf(accessKeyId: string): AccessKey | undefined;
  refusalOf(asked: Asked): Refusal | null;
}

/** A door that lets everybody through who has one of these keys. */
export function openDoor(keys: readonly AccessKey[]): Door {
  return { keyOf: keysById(keys), refusalOf: () => null };
}
