/**
 * Tags of users, roles, profiles and policies.
 *
 * Documented: 50 at most; keys that differ in case alone are the same key.
 */
import { invalidInput, limitExceeded } from "./errors.ts";
import type { Tag } from "./fields.ts";
import { page, type PageRequest } from "./pages.ts";
import type { Answer } from "./xml.ts";

const tagsMax = 50;

/** @throws {ServiceError} InvalidInput, LimitExceeded */
export function addTags(
  tags: Map<string, string>,
  added: readonly Tag[] = [],
): Map<string, string> {
  const lower = new Set(added.map(({ Key }) => Key.toLowerCase()));
  if (lower.size !== added.length) {
    throw invalidInput(
      "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    );
  }
  removeTags(tags, [...lower]);
  if (tags.size + added.length > tagsMax) {
    throw limitExceeded(`The number of tags has reached the maximum limit.`);
  }
  for (const { Key, Value } of added) tags.set(Key, Value);
  return tags;
}

export function removeTags(tags: Map<string, string>, keys: readonly string[]): void {
  const lower = new Set(keys.map((key) => key.toLowerCase()));
  for (const key of [...tags.keys()]) if (lower.has(key.toLowerCase())) tags.delete(key);
}

export function listTags(tags: ReadonlyMap<string, string>, request: PageRequest): Answer {
  const { items, rest } = page(tags, ([key]) => key, request);
  return { Tags: items.map(([Key, Value]) => ({ Key, Value })), ...rest };
}

/** What `aws:TagKeys` holds when tags are taken away. */
export function untagged(keys: readonly string[]): Record<string, string[]> {
  return { "aws:tagkeys": [...keys] };
}
