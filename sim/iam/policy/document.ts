/**
 * Document: the text of a policy -> its statements, checked, everything that may be one or many
 * made many.
 *
 * Two parsers stand behind AWS's words: the one of permissions (identity, session, boundary; see
 * permission_rules.ts) and the one of policies that name principals (resource, trust; see
 * resource_rules.ts). Both read this.
 *
 * Source: IAM user guide, "Grammar of the IAM JSON policy language".
 */
import { MalformedPolicy } from "./malformed.ts";
import { type OperatorName, operatorName } from "./condition.ts";
import type { PrincipalBlock } from "./principal.ts";

export interface Document {
  /** `2012-10-17` knows variables, `2008-10-17` and none do not. */
  version: string | null;
  statements: readonly Statement[];
}

export interface Statement {
  sid: string | null;
  effect: "Allow" | "Deny";
  actions: Listed;
  /** null: a trust policy's, whose resource is its role. */
  resources: Listed | null;
  principal: Listed<PrincipalBlock> | null;
  conditions: readonly RawCondition[];
}

/** The values of an element, or of its `Not…`. */
export interface Listed<Values = readonly string[]> {
  values: Values;
  isNot: boolean;
}

export interface RawCondition {
  operator: OperatorName;
  key: string;
  values: readonly string[];
}

export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A text or a list of texts, as a list; null: it is neither. */
export function textsOf(value: unknown): readonly string[] | null {
  if (typeof value === "string") return [value];
  return Array.isArray(value) && value.every((each) => typeof each === "string") ? value : null;
}

/** The object in the text, or what AWS says of it instead. */
export function objectOf(text: string, refusal: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new MalformedPolicy(refusal);
  }
  if (!isObject(value)) throw new MalformedPolicy(refusal);
  return value;
}

/** `Statement`, one or many; null: it is neither. */
export function statementsOf(document: Json): readonly Json[] | null {
  const value = document["Statement"];
  if (isObject(value)) return [value];
  return Array.isArray(value) && value.length > 0 && value.every(isObject) ? value : null;
}

/** Values of conditions may stand as texts, numbers and truth values. */
function scalarsOf(value: unknown): readonly string[] | null {
  const many = Array.isArray(value) ? value : [value];
  const isScalar = (each: unknown) =>
    typeof each === "string" || typeof each === "number" || typeof each === "boolean";
  return many.every(isScalar) ? many.map(String) : null;
}

/** null: it is no block of conditions. An unknown operator may stand there without keys. */
export function conditionsOf(
  block: unknown,
  onUnknown: (operator: string) => MalformedPolicy | null,
): readonly RawCondition[] | null {
  if (block === undefined) return [];
  if (!isObject(block)) return null;
  const conditions: RawCondition[] = [];
  for (const [name, keys] of Object.entries(block)) {
    if (!isObject(keys)) return null;
    const operator = operatorName(name);
    if (operator === null && Object.keys(keys).length > 0) {
      const refusal = onUnknown(name);
      if (refusal === null) return null;
      throw refusal;
    }
    for (const [key, value] of Object.entries(keys)) {
      const values = scalarsOf(value);
      if (values === null) return null;
      if (operator !== null) conditions.push({ operator, key, values });
    }
  }
  return conditions;
}

/** An element or its `Not…`, whichever is there. */
export function listed(statement: Json, name: string): Listed | null {
  const own = textsOf(statement[name]);
  if (own !== null) return { values: own, isNot: false };
  const not = textsOf(statement[`Not${name}`]);
  return not === null ? null : { values: not, isNot: true };
}

/** Sids are unique in a policy; an empty one is none. */
export function hasTwins(statements: readonly Json[]): boolean {
  const sids = statements.map((statement) => statement["Sid"]).filter((sid) => sid);
  return new Set(sids).size < sids.length;
}
