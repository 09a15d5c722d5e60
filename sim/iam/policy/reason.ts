/**
 * Reason: a decision against a request -> the end of AWS's denial.
 *
 * Source: IAM user guide, "Troubleshoot access denied error messages".
 */
import type { Decision, PolicyKind } from "./types.ts";

const names: Readonly<Record<PolicyKind, { implicit: string; explicit: string }>> = {
  identity: { implicit: "identity-based policy", explicit: "an identity-based policy" },
  resource: { implicit: "resource-based policy", explicit: "a resource-based policy" },
  trust: { implicit: "role trust policy", explicit: "the role trust policy" },
  session: { implicit: "session policy", explicit: "a session policy" },
  boundary: { implicit: "permissions boundary", explicit: "a permissions boundary" },
};

/** From `because` or `with` on; empty for a request that is allowed. */
export function becauseOf({ effect, kind }: Decision, action: string): string {
  if (effect === "allowed" || kind === null) return "";
  return effect === "explicitDeny"
    ? `with an explicit deny in ${names[kind].explicit}`
    : `because no ${names[kind].implicit} allows the ${action} action`;
}
