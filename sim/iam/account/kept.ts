/**
 * Kept entities: entities <-> one text in the account's folder, whole or as before.
 *
 *   account.json   JSON; maps as lists of pairs, so that no name of theirs means anything
 *
 * It holds the secrets of access keys: nobody but the owner reads it, from its first byte on.
 */
import { noFaults } from "../../faults/plan.ts";
import { parseKept, readKept, senseless, writeKept } from "../../storage/kept_text.ts";
import type { Tell } from "../../storage/tell.ts";
import { type Entities, noEntities } from "./model.ts";

const secretMode = 0o600;

/** @throws {StorageError} if there is no room; what was kept stays. */
export function keep(path: string, text: string): void {
  writeKept(path, text, noFaults, secretMode);
}

/**
 * Null if nothing was kept yet.
 * @throws {DamagedFileError} if what is there can be believed in no copy
 */
export function kept(path: string, tell: Tell): Entities | null {
  const text = readKept(path, tell, secretMode);
  if (text === null) return null;
  const raw = parseKept(path, text);
  try {
    return entitiesOf(raw as RawEntities);
  } catch (error) {
    throw senseless(path, error);
  }
}

export function textOf(entities: Entities): string {
  return JSON.stringify(entities, (_, value) => value instanceof Map ? [...value] : value);
}

type Pairs<T> = (readonly [string, T])[];
/** The same with a list of pairs in place of each map. */
type Raw<T> = T extends Map<string, infer V> ? Pairs<Raw<V>>
  : T extends readonly unknown[] ? T
  : T extends object ? { [K in keyof T]: Raw<T[K]> }
  : T;
type RawEntities = Raw<Entities>;

/** The other way round than `textOf`. */
export function parsedEntities(text: string): Entities {
  return entitiesOf(JSON.parse(text));
}

function entitiesOf(raw: RawEntities): Entities {
  return {
    ...noEntities(),
    users: new Map(raw.users.map(([name, user]) => [name, {
      ...user,
      inline: new Map(user.inline),
      tags: new Map(user.tags),
    }])),
    groups: new Map(raw.groups.map(([name, group]) => [name, {
      ...group,
      inline: new Map(group.inline),
    }])),
    roles: new Map(raw.roles.map(([name, role]) => [name, {
      ...role,
      inline: new Map(role.inline),
      tags: new Map(role.tags),
    }])),
    instanceProfiles: new Map(raw.instanceProfiles.map(([name, profile]) => [name, {
      ...profile,
      tags: new Map(profile.tags),
    }])),
    policies: new Map(raw.policies.map(([arn, policy]) => [arn, {
      ...policy,
      tags: new Map(policy.tags),
    }])),
    aliases: raw.aliases,
    seeded: new Map(raw.seeded),
  };
}
