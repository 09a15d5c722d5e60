/**
 * Sessions as STS gives them: credentials, and the policies that narrow them.
 *
 * Source: STS API reference, AssumeRole, GetSessionToken.
 */
import type { Account } from "../iam/account/mod.ts";
import { defaultText } from "../iam/account/model.ts";
import type { AccessKey, AwsPrincipal } from "../iam/principal.ts";
import { mustBePolicy } from "./documents.ts";
import { accessDenied, invalid } from "./errors.ts";
import { policyOf } from "./lookups.ts";
import type { Value } from "./xml.ts";

export function credentialsShown(key: AccessKey): Value {
  return {
    AccessKeyId: key.accessKeyId,
    SecretAccessKey: key.secretAccessKey,
    SessionToken: key.sessionToken,
    Expiration: new Date(key.principal.session?.expiresMs ?? 0),
  };
}

const arnsMax = 10;

interface Narrowing {
  Policy?: string | undefined;
  PolicyArns?: readonly { arn: string }[] | undefined;
}

/**
 * Texts: what was given, and the managed policies as they are now.
 * @throws {ServiceError} MalformedPolicyDocument, NoSuchEntity
 */
export function sessionPolicies(
  { Policy, PolicyArns = [] }: Narrowing,
  account: Account,
): string[] {
  if (PolicyArns.length > arnsMax) throw invalid(`Cannot take more than ${arnsMax} PolicyArns`);
  if (Policy !== undefined) mustBePolicy(Policy, "session");
  const managed = PolicyArns.map(({ arn }) => defaultText(policyOf(arn, account.entities)));
  return Policy === undefined ? managed : [Policy, ...managed];
}

/** The name of the user. @throws {ServiceError} AccessDenied */
export function mustBeLongLived({ entity, session }: AwsPrincipal): string {
  if (session === null && entity.type === "user") return entity.name;
  throw accessDenied("Cannot call GetSessionToken with session credentials");
}
