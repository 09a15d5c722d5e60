/**
 * Lookups: a name -> the entity of the account, or NoSuchEntity in IAM's words; and whether a name
 * is free.
 *
 * Documented: names are not distinguished by case, so two that differ in nothing else exclude each
 * other. Assumed: they are found in their own spelling alone.
 */
import type { Account } from "../iam/account/mod.ts";
import { managedPolicy } from "../iam/account/in_force.ts";
import type {
  Entities,
  Group,
  InstanceProfile,
  ManagedPolicy,
  PolicyVersion,
  Role,
  User,
} from "../iam/account/model.ts";
import type { AwsPrincipal } from "../iam/principal.ts";
import { alreadyExists, invalid, invalidInput, noSuchEntity, overQuota } from "./errors.ts";

function mustBeThere<T>(found: T | undefined, message: string): T {
  if (found === undefined) throw noSuchEntity(message);
  return found;
}

export function userOf(name: string, { users }: Entities): User {
  return mustBeThere(users.get(name), `The user with name ${name} cannot be found.`);
}

export function groupOf(name: string, { groups }: Entities): Group {
  return mustBeThere(groups.get(name), `The group with name ${name} cannot be found.`);
}

export function roleOf(name: string, { roles }: Entities): Role {
  return mustBeThere(roles.get(name), `The role with name ${name} cannot be found.`);
}

export function profileOf(name: string, { instanceProfiles }: Entities): InstanceProfile {
  return mustBeThere(instanceProfiles.get(name), `Instance Profile ${name} cannot be found.`);
}

/** AWS's own too. */
export function policyOf(arn: string, entities: Entities): ManagedPolicy {
  if (!/^arn:aws:iam::(\d{12}|aws):policy\/.+$/.test(arn)) {
    throw invalidInput(`ARN ${arn} is not valid.`);
  }
  return mustBeThere(managedPolicy(arn, entities), `Policy ${arn} was not found.`);
}

/** To be given to somebody. */
export function attachable(arn: string, entities: Entities): ManagedPolicy {
  const found = managedPolicy(arn, entities);
  return mustBeThere(found, `Policy ${arn} does not exist or is not attachable.`);
}

/** That may be changed: AWS's may not. */
export function ownPolicyOf(arn: string, entities: Entities): ManagedPolicy {
  policyOf(arn, entities);
  return mustBeThere(entities.policies.get(arn), `Policy ${arn} was not found.`);
}

/** Whose name was left out: the caller's own. */
export function callerName({ entity }: AwsPrincipal): string {
  if (entity.type === "user") return entity.name;
  throw invalid("Must specify userName when calling with non-User credentials");
}

/** @throws {ServiceError} EntityAlreadyExists */
export function mustBeFree(
  names: ReadonlyMap<string, unknown>,
  name: string,
  message: string,
): void {
  const lower = name.toLowerCase();
  for (const taken of names.keys()) if (taken.toLowerCase() === lower) throw alreadyExists(message);
}

/** Documented: of one account. */
const quotas = {
  users: ["UsersPerAccount", 5000],
  groups: ["GroupsPerAccount", 300],
  roles: ["RolesPerAccount", 1000],
  instanceProfiles: ["InstanceProfilesPerAccount", 1000],
  policies: ["PoliciesPerAccount", 1500],
} as const;

/** @throws {ServiceError} LimitExceeded */
export function mustHaveRoom(kind: keyof typeof quotas, { entities }: Account): void {
  const [quota, most] = quotas[kind];
  if (entities[kind].size >= most) throw overQuota(quota, most);
}

/** Of a boundary that somebody wants to set. @throws {ServiceError} NoSuchEntity */
export function boundaryMustBe(arn: string | null, entities: Entities): void {
  if (arn === null || managedPolicy(arn, entities) !== undefined) return;
  // Observed (public reports): the words.
  throw noSuchEntity(`Scope ARN: ${arn} does not exist or is not attachable.`);
}

export function membersOf(group: string, { users }: Entities): User[] {
  return [...users.values()].filter(({ groups }) => groups.includes(group));
}

/** Whose key it is. */
export function ownerOf(accessKeyId: string, { users }: Entities): User | undefined {
  return [...users.values()].find(({ keys }) => keys.some(({ id }) => id === accessKeyId));
}

export function versionOf(id: string, { arn, versions }: ManagedPolicy): PolicyVersion {
  const message = `Policy ${arn} version ${id} does not exist or is not attachable.`;
  return mustBeThere(versions.find((version) => version.id === id), message);
}
