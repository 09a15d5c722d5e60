/**
 * AssumeRole: a role that trusts the caller -> credentials of a session of it.
 *
 * The trust policy must allow it, and the caller's own policies as well, unless the trust names the
 * caller itself. A role that is not there is refused in the same words.
 *
 * Source: STS API reference, AssumeRole.
 * Left out: TransitiveTagKeys (taken, and a chained session forgets the tags), SourceIdentity,
 * SerialNumber, TokenCode, ProvidedContexts.
 */
import type { Context } from "../../iam/policy/types.ts";
import type { AwsPrincipal } from "../../iam/principal.ts";
import type { Role } from "../../iam/account/model.ts";
import { arnOf } from "../../iam/account/names.ts";
import { action, type Asking, type Call } from "../action.ts";
import { requestTags } from "../asking.ts";
import { accessDenied, invalid } from "../errors.ts";
import { document, policyArn, type Tag, tagKeys, tags } from "../fields.ts";
import { credentialsShown, sessionPolicies } from "../sessions.ts";
import { integer, list, required, structure, text } from "../shapes.ts";
import { addTags } from "../tagging.ts";

/** Documented: of a session that a session has opened. */
const chainedSecondsMax = 3600;
/** Documented: characters of the policy that is given. */
const policyMax = 2048;

export const assumeRole = action({
  shape: {
    RoleArn: required(text({ min: 20, max: 2048 })),
    RoleSessionName: required(text({ min: 2, max: 64, pattern: "[\\w+=,.@-]*" })),
    DurationSeconds: integer({ min: 900, max: 43_200 }),
    Policy: document,
    PolicyArns: list(structure({ arn: required(policyArn) })),
    Tags: tags,
    TransitiveTagKeys: tagKeys,
    ExternalId: text({ min: 2, max: 1224, pattern: "[\\w+=,.@:\\/-]*" }),
  },
  asks(request, call): Asking[] {
    const { RoleArn: resource, RoleSessionName, ExternalId, Tags = [] } = request;
    const { account } = call;
    const role = roleAt(resource, call);
    const context: Context = {
      ...requestTags(Tags),
      ...resourceTags(role),
      "sts:rolesessionname": RoleSessionName,
      ...(ExternalId === undefined ? {} : { "sts:externalid": ExternalId }),
    };
    // One that is not there trusts nobody.
    const trust = role?.trust ?? trustsNobody(account.accountId);
    const asking = { resource, context, trust };
    return Tags.length === 0 ? [asking] : [asking, { ...asking, action: "sts:TagSession" }];
  },
  run(request, call) {
    const { RoleSessionName: name, DurationSeconds: seconds = 3600, Tags, Policy } = request;
    const { account, principal } = call;
    const role = roleAt(request.RoleArn, call);
    // Only where nothing is enforced.
    if (role === undefined) throw accessDenied(`There is no role ${request.RoleArn}`);
    checkSeconds(seconds, role, principal);
    if (Policy !== undefined && Policy.length > policyMax) throw tooLong(Policy);
    const key = account.openSession({
      entity: { type: "role", name: role.name },
      name,
      policies: sessionPolicies(request, account),
      tags: addTags(new Map(), Tags as Tag[] | undefined),
      seconds,
    });
    const { userId, arn } = key.principal;
    return {
      Credentials: credentialsShown(key),
      AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
      PackedPolicySize: Policy === undefined ? undefined : packedPercent(Policy),
    };
  },
});

function roleAt(arn: string, { account }: Call): Role | undefined {
  const role = account.entities.roles.get(arn.slice(arn.lastIndexOf("/") + 1));
  if (role === undefined || arnOf("role", role, account.accountId) !== arn) return undefined;
  return role;
}

function trustsNobody(accountId: string): string {
  const Principal = { AWS: `arn:aws:iam::${accountId}:root` };
  const Statement = { Effect: "Deny", Principal, Action: "sts:None" };
  return JSON.stringify({ Version: "2012-10-17", Statement });
}

function resourceTags(role: Role | undefined): Record<string, string> {
  return Object.fromEntries(
    [...role?.tags ?? []].map(([tag, value]) => [`aws:resourcetag/${tag.toLowerCase()}`, value]),
  );
}

/** @throws {ServiceError} ValidationError */
function checkSeconds(seconds: number, role: Role, { session }: AwsPrincipal): void {
  if (seconds > role.maxSessionSeconds) {
    throw invalid(
      "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    );
  }
  if (session !== null && session.name !== null && seconds > chainedSecondsMax) {
    throw invalid(
      "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role " +
        "chaining.",
    );
  }
}

function tooLong(policy: string) {
  return invalid(
    `1 validation error detected: Value '${policy}' at 'policy' failed to satisfy constraint: ` +
      `Member must have length less than or equal to ${policyMax}`,
  );
}

/** Assumed: how much of the room a policy takes; AWS packs it, and does not say how. */
function packedPercent(policy: string): number {
  return Math.ceil(policy.length * 100 / (policyMax * 2));
}
