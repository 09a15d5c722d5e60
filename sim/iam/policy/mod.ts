/**
 * Policies: the evaluator. Pure: documents and a request in, a decision with its reason out.
 *
 *   compiled        a document's text -> matchers, once; refuses what AWS refuses
 *   decide          a request and the policies that count -> allowed or not, and why
 *   becauseOf       the end of AWS's denial
 *   contextKeysOf   the keys a policy looks for
 *   sizeOf          characters that count towards AWS's limits
 *
 * Source: IAM user guide, "Policy evaluation logic"; "IAM JSON policy reference".
 */
export { compiled, type Policy } from "./compile.ts";
export { decide } from "./decide.ts";
export { MalformedPolicy } from "./malformed.ts";
export { becauseOf } from "./reason.ts";
export type * from "./types.ts";
import type { Policy } from "./compile.ts";

/** As GetContextKeysForPolicy lists them: each once, sorted. */
export function contextKeysOf(policy: Policy): string[] {
  return [...policy.keys];
}

/** Characters of a document without white space, which IAM does not count. */
export function sizeOf(text: string): number {
  return text.replace(/\s/g, "").length;
}
