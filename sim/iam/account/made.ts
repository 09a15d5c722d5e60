/** New entities: a name -> a user, group, role, profile or policy that holds nothing yet. */
import type { Group, InstanceProfile, ManagedPolicy, Named, Role, User } from "./model.ts";
import { arnOf, type EntityType, newId } from "./names.ts";

interface Wanted {
  name: string;
  path?: string | undefined;
  nowMs: number;
}

function named(type: EntityType, { name, path = "/", nowMs }: Wanted): Named {
  return { name, path, id: newId(type), createdMs: nowMs };
}

export function newUser(wanted: Wanted): User {
  return {
    ...named("user", wanted),
    inline: new Map(),
    attached: [],
    tags: new Map(),
    boundary: null,
    groups: [],
    keys: [],
  };
}

export function newGroup(wanted: Wanted): Group {
  return { ...named("group", wanted), inline: new Map(), attached: [] };
}

export function newRole(wanted: Wanted & { trust: string }): Role {
  return {
    ...named("role", wanted),
    inline: new Map(),
    attached: [],
    tags: new Map(),
    boundary: null,
    trust: wanted.trust,
    description: null,
    maxSessionSeconds: 3600,
  };
}

export function newProfile(wanted: Wanted): InstanceProfile {
  return { ...named("instance-profile", wanted), tags: new Map(), role: null };
}

export function newPolicy(
  wanted: Wanted & { text: string; description: string | null; accountId: string },
): ManagedPolicy {
  const { text, nowMs, description, accountId } = wanted;
  const about = named("policy", wanted);
  return {
    ...about,
    arn: arnOf("policy", about, accountId),
    tags: new Map(),
    description,
    updatedMs: nowMs,
    versions: [{ id: "v1", text, createdMs: nowMs }],
    defaultVersion: "v1",
    nextVersion: 2,
  };
}
