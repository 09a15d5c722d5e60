/**
 * Documents of policies: checked before they are kept, within the sizes that AWS allows.
 *
 * Documented: white space does not count. Observed: a principal of this account that is not there
 * is refused in trust policies.
 * Left out: that a trust policy remembers who a name was when it was written: another user of that
 * name is trusted here.
 */
import type { Account } from "../iam/account/mod.ts";
import type { Entities, Holder, Named } from "../iam/account/model.ts";
import { arnOf } from "../iam/account/names.ts";
import { compiled, MalformedPolicy, type Policy, sizeOf } from "../iam/policy/mod.ts";
import type { PolicyKind } from "../iam/policy/types.ts";
import { limitExceeded, malformed, overQuota } from "./errors.ts";

/** Documented: characters, of all inline policies of one together. */
const inlineMax = { user: 2048, group: 5120, role: 10_240 } as const;
export const managedMax = 6144;
const trustMax = 2048;

/** @throws {ServiceError} MalformedPolicyDocument */
export function mustBePolicy(text: string, kind: PolicyKind): Policy {
  try {
    return compiled(text, kind, "policy");
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
    throw malformed(error.message);
  }
}

/** @throws {ServiceError} MalformedPolicyDocument, LimitExceeded */
export function checkedManaged(text: string): void {
  mustBePolicy(text, "identity");
  if (sizeOf(text) > managedMax) throw overQuota("PolicySize", managedMax);
}

/** As it will stand among the others. @throws {ServiceError} as above */
export function checkedInline(
  type: "user" | "group" | "role",
  { name, inline }: Named & Holder,
  policy: string,
  text: string,
): void {
  mustBePolicy(text, "identity");
  const others = [...inline].filter(([other]) => other !== policy).map(([, other]) => other);
  const size = [text, ...others].reduce((sum, one) => sum + sizeOf(one), 0);
  if (size <= inlineMax[type]) return;
  throw limitExceeded(
    `Maximum policy size of ${inlineMax[type]} bytes exceeded for ${type} ${name}`,
  );
}

/** @throws {ServiceError} as above */
export function checkedTrust(text: string, { accountId, entities }: Account): void {
  mustBePolicy(text, "trust");
  for (const arn of awsPrincipals(text)) {
    if (isMissing(arn, accountId, entities)) {
      throw malformed(`Invalid principal in policy: "AWS":"${arn}"`);
    }
  }
  if (sizeOf(text) > trustMax) throw overQuota("ACLSizePerRole", trustMax);
}

/** Of a document that has been found to be one. */
function awsPrincipals(text: string): string[] {
  const { Statement }: { Statement: unknown } = JSON.parse(text);
  return [Statement].flat().flatMap((statement) => {
    const { Principal } = statement as { Principal?: unknown };
    if (typeof Principal !== "object" || Principal === null) return [];
    const { AWS = [] } = Principal as { AWS?: string | string[] };
    return [AWS].flat();
  });
}

function isMissing(arn: string, accountId: string, { users, roles }: Entities): boolean {
  const prefix = `arn:aws:iam::${accountId}:`;
  const found = arn.startsWith(prefix)
    ? /^(user|role)\/(?:.*\/)?([^/]+)$/.exec(arn.slice(prefix.length))
    : null;
  if (found === null) return false;
  const [, type, name = ""] = found;
  const entity = type === "user" ? users.get(name) : roles.get(name);
  return entity === undefined || arnOf(type as "user" | "role", entity, accountId) !== arn;
}
