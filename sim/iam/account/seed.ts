/**
 * Seed: what the plan of a simulator wants in the account -> entities where they are missing.
 *
 * What somebody changed through IAM's own API stays: a text is put again only where the plan's text
 * is another one than the plan put last, and that is remembered beside the entities. A policy that
 * the plan no longer has goes, unless somebody changed it. A key that is missing comes back (nobody
 * is locked out for good); one that was made inactive stays so.
 */
import { SimError } from "../../errors.ts";
import { compiled, MalformedPolicy } from "../policy/mod.ts";
import { administratorAccess } from "./aws_policies.ts";
import { newProfile, newRole, newUser } from "./made.ts";
import type { Entities, Holder, Named, Role, User } from "./model.ts";

interface SeedUser {
  name: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** Plain data, from the plan. */
export interface IamSeed {
  /** A user with AdministratorAccess. */
  administrator: SeedUser;
  /** Policies: name -> text. */
  users: readonly (SeedUser & { policies: Readonly<Record<string, string>> })[];
  roles: readonly {
    name: string;
    /** Text of the trust policy. */
    trust: string;
    policies: Readonly<Record<string, string>>;
    /** Whether an instance profile of the same name holds it. Default: no. */
    instanceProfile?: boolean;
  }[];
}

/** @throws {SimError} if a text of the seed is no policy */
export function plant(seed: IamSeed, entities: Entities, nowMs: number): void {
  const planting = new Planting(entities, nowMs);
  const administrator = planting.user(seed.administrator, () => [administratorAccess]);
  planting.key(administrator, seed.administrator);
  for (const wanted of seed.users) {
    const user = planting.user(wanted);
    planting.key(user, wanted);
    planting.policies("user", user, wanted.policies);
  }
  for (const wanted of seed.roles) {
    const role = planting.role(wanted);
    planting.policies("role", role, wanted.policies);
    if (wanted.instanceProfile) planting.instanceProfile(role.name);
  }
}

class Planting {
  constructor(readonly entities: Entities, readonly nowMs: number) {}

  user({ name }: SeedUser, attached: () => string[] = () => []): User {
    const { users } = this.entities;
    const known = users.get(name);
    if (known !== undefined) return known;
    this.#forget("user", name);
    const user = newUser({ name, nowMs: this.nowMs });
    user.attached = attached();
    users.set(name, user);
    return user;
  }

  key(user: User, { accessKeyId, secretAccessKey }: SeedUser): void {
    const place = `user/${user.name}/key`;
    const before = this.entities.seeded.get(place);
    if (before !== accessKeyId) user.keys = user.keys.filter(({ id }) => id !== before);
    // Also where a renamed user has it: no key is two users'.
    const all = [...this.entities.users.values()].flatMap(({ keys }) => keys);
    const known = all.find(({ id }) => id === accessKeyId);
    if (known !== undefined) known.secret = secretAccessKey;
    else {
      const made = { isActive: true, createdMs: this.nowMs };
      user.keys.push({ id: accessKeyId, secret: secretAccessKey, ...made });
    }
    this.entities.seeded.set(place, accessKeyId);
  }

  role({ name, trust }: IamSeed["roles"][number]): Role {
    const { roles } = this.entities;
    const known = roles.get(name);
    if (known === undefined) this.#forget("role", name);
    const role = known ?? newRole({ name, trust, nowMs: this.nowMs });
    roles.set(name, role);
    mustBePolicy(trust, "trust", `the trust of role ${name}`);
    this.#put(`role/${name}/trust`, trust, () => role.trust = trust);
    return role;
  }

  policies(
    type: "user" | "role",
    { name, inline }: Named & Holder,
    policies: Readonly<Record<string, string>>,
  ): void {
    const prefix = `${type}/${name}/inline/`;
    const wanted = new Map(Object.entries(policies));
    for (const [policy, text] of wanted) {
      mustBePolicy(text, "identity", `policy ${policy} of ${type} ${name}`);
      this.#put(prefix + policy, text, () => inline.set(policy, text));
    }
    for (const [place, text] of this.entities.seeded) {
      const policy = place.slice(prefix.length);
      if (!place.startsWith(prefix) || wanted.has(policy)) continue;
      if (inline.get(policy) === text) inline.delete(policy);
      this.entities.seeded.delete(place);
    }
  }

  instanceProfile(name: string): void {
    const { instanceProfiles } = this.entities;
    if (instanceProfiles.has(name)) return;
    instanceProfiles.set(name, { ...newProfile({ name, nowMs: this.nowMs }), role: name });
  }

  #put(place: string, text: string, put: () => void): void {
    if (this.entities.seeded.get(place) === text) return;
    this.entities.seeded.set(place, text);
    put();
  }

  /** Of one that is gone nothing counts as put. */
  #forget(type: "user" | "role", name: string): void {
    for (const place of this.entities.seeded.keys()) {
      if (place.startsWith(`${type}/${name}/`)) this.entities.seeded.delete(place);
    }
  }
}

function mustBePolicy(text: string, kind: "identity" | "trust", what: string): void {
  try {
    compiled(text, kind, what);
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
    throw new SimError(`Cannot use ${what}: ${error.message}`);
  }
}
