/**
 * Entities of the account: users, groups, roles, instance profiles and policies, as plain data.
 *
 * Names are keys of maps, and of nothing else: no name becomes the name of a file.
 *
 * Source: IAM user guide, "IAM identifiers".
 */

/** What every entity has. */
export interface Named {
  name: string;
  /** `/`, or with a slash at both ends. */
  path: string;
  /** `AIDA…`: never used again, also where the name is. */
  id: string;
  createdMs: number;
}

/** Policies that somebody holds. */
export interface Holder {
  /** Name -> text. */
  inline: Map<string, string>;
  /** ARNs. */
  attached: string[];
}

export interface UserKey {
  id: string;
  secret: string;
  isActive: boolean;
  createdMs: number;
}

export interface User extends Named, Holder {
  tags: Map<string, string>;
  /** ARN of a policy; null: none. */
  boundary: string | null;
  /** Names. */
  groups: string[];
  keys: UserKey[];
}

export interface Group extends Named, Holder {}

export interface Role extends Named, Holder {
  tags: Map<string, string>;
  boundary: string | null;
  /** Text of the trust policy. */
  trust: string;
  description: string | null;
  maxSessionSeconds: number;
}

export interface InstanceProfile extends Named {
  tags: Map<string, string>;
  /** Name. */
  role: string | null;
}

export interface PolicyVersion {
  /** `v1`. */
  id: string;
  text: string;
  createdMs: number;
}

export interface ManagedPolicy extends Named {
  arn: string;
  tags: Map<string, string>;
  description: string | null;
  updatedMs: number;
  versions: PolicyVersion[];
  defaultVersion: string;
  /** Number of the version that is made next: those that were deleted do not come again. */
  nextVersion: number;
}

export interface Entities {
  users: Map<string, User>;
  groups: Map<string, Group>;
  roles: Map<string, Role>;
  instanceProfiles: Map<string, InstanceProfile>;
  /** By ARN, without those of AWS. */
  policies: Map<string, ManagedPolicy>;
  aliases: string[];
  /** What the seed put last, by its place (see seed.ts). */
  seeded: Map<string, string>;
}

export function noEntities(): Entities {
  return {
    users: new Map(),
    groups: new Map(),
    roles: new Map(),
    instanceProfiles: new Map(),
    policies: new Map(),
    aliases: [],
    seeded: new Map(),
  };
}

/** The text that is in force. */
export function defaultText(policy: ManagedPolicy): string {
  const version = policy.versions.find(({ id }) => id === policy.defaultVersion);
  if (version === undefined) throw new TypeError(`${policy.arn} has no default version`);
  return version.text;
}
