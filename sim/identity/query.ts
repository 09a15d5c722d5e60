/**
 * Query protocol: `Tags.member.1.Key=team&…` -> a tree of parameters.
 *
 * Source: Smithy, "AWS Query protocol"; IAM and STS API references, "Making query requests".
 */
import { parseQuery } from "../net/uri.ts";

/** What stands under one name: a text, or more names. */
export interface Parameter {
  text: string | null;
  below: Map<string, Parameter>;
}

const parametersMax = 5000;
const depthMax = 8;

/** Null if it is no form, or larger than any request needs. */
export function parseParameters(form: string): Parameter | null {
  const pairs = parseQuery(form);
  if (pairs === null || pairs.length > parametersMax) return null;
  const root: Parameter = { text: null, below: new Map() };
  for (const [name, value] of pairs) {
    const parts = name.split(".");
    if (parts.length > depthMax) return null;
    let at = root;
    for (const part of parts) {
      const next = at.below.get(part) ?? { text: null, below: new Map() };
      at.below.set(part, next);
      at = next;
    }
    at.text = value;
  }
  return root;
}

export function textOf(root: Parameter, name: string): string | null {
  return root.below.get(name)?.text ?? null;
}

/** `member.1`, `member.2`, … in the order of their numbers. */
export function membersOf(list: Parameter): Parameter[] {
  const members = list.below.get("member") ?? list;
  return [...members.below]
    .filter(([number]) => /^[0-9]{1,6}$/.test(number))
    .sort(([one], [other]) => Number(one) - Number(other))
    .map(([, member]) => member);
}
