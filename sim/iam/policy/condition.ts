/**
 * Condition: one operator, one key and its values -> whether a request meets it.
 *
 *   missing key       false; true where the operator is negated, or ends in IfExists
 *   ForAllValues:     every value of the request meets it; true without values
 *   ForAnyValue:      one value of the request meets it; false without values
 *   Null              "true": the key is missing; "false": it is there
 *
 * Several values of the policy are alternatives; under a negated operator none may match. A key
 * of several values without one of the two qualifiers is taken as all of them together: one that
 * matches is enough, and a negated operator wants none. Assumed: AWS demands the qualifier.
 *
 * Source: IAM user guide, "Condition operators"; "Multivalued context keys".
 */
import { type Operator, operators } from "./operators.ts";
import type { Matcher } from "./pattern.ts";
import type { Context } from "./types.ts";

export interface Condition {
  /** As the policy spells it. */
  name: string;
  /** Keys of variables in its values, as they are spelled. */
  variables: readonly string[];
  /** Adds its key to `missing` where it looked for it in vain. */
  holds(context: Context, missing: string[]): boolean;
}

/** How an operator is written. */
export interface OperatorName {
  qualifier: "ForAllValues" | "ForAnyValue" | null;
  /** `Null` or one of `operators`. */
  base: string;
  ifExists: boolean;
}

const operatorForm = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/;

/** null: there is no such operator. */
export function operatorName(text: string): OperatorName | null {
  const parts = operatorForm.exec(text);
  const base = parts?.[2] ?? "";
  if (parts === null || (base !== "Null" && !operators.has(base))) return null;
  if (base === "Null" && parts[3] !== undefined) return null;
  const qualifier = parts[1];
  return {
    qualifier: qualifier === "ForAllValues" || qualifier === "ForAnyValue" ? qualifier : null,
    base,
    ifExists: parts[3] !== undefined,
  };
}

/** @throws {RangeError} if there is no such operator. */
export function condition(
  operator: OperatorName,
  key: string,
  { values, variables }: { values: readonly string[]; variables: boolean },
): Condition {
  if (operator.base === "Null") return nullCheck(key, values);
  const known = operators.get(operator.base);
  if (known === undefined) throw new RangeError(`No operator ${operator.base}`);
  const patterns = values.map((value) => known.compile(value, variables));
  const matchers = patterns.map(({ matches }) => matches);
  const lookup = key.toLowerCase();
  const meets = one(known, matchers);
  const whole = together(operator, known, meets, matchers);
  return {
    name: key,
    variables: patterns.flatMap(({ keys }) => keys),
    holds(context, missing) {
      const value = valueOf(context, lookup);
      if (value !== undefined) return whole(value, context);
      if (!missing.includes(key)) missing.push(key);
      return withoutKey(operator, known);
    },
  };
}

/** The value of a key, or undefined; an empty list is no value. */
export function valueOf(context: Context, key: string): string | readonly string[] | undefined {
  const value: unknown = context[key];
  if (typeof value === "string") return value;
  return Array.isArray(value) && value.length > 0 ? value : undefined;
}

type Meets = (value: string, context: Context) => boolean;

/** Whether one value of the request meets the values of the policy. */
function one({ negated }: Operator, matchers: readonly Matcher[]): Meets {
  const [first] = matchers;
  if (!negated && matchers.length === 1 && first !== undefined) {
    return (value, context) => first(value, context) === true;
  }
  return negated
    ? (value, context) => matchers.every((matches) => matches(value, context) === false)
    : (value, context) => matchers.some((matches) => matches(value, context) === true);
}

function together(
  { qualifier }: OperatorName,
  { negated }: Operator,
  meets: Meets,
  matchers: readonly Matcher[],
): (value: string | readonly string[], context: Context) => boolean {
  const forAll = qualifier === "ForAllValues" || (qualifier === null && negated);
  // Documented: a data set that is null, such as an empty text, meets ForAllValues.
  const isNull = (value: string) => qualifier === "ForAllValues" && value === "";
  if (matchers.length === 0 && !negated && qualifier !== "ForAllValues") return () => false;
  return (value, context) => {
    if (typeof value === "string") return isNull(value) || meets(value, context);
    return forAll
      ? value.every((each) => (value.length === 1 && isNull(each)) || meets(each, context))
      : value.some((each) => meets(each, context));
  };
}

function withoutKey({ qualifier, ifExists }: OperatorName, { negated }: Operator): boolean {
  if (ifExists || qualifier === "ForAllValues") return true;
  return qualifier === null && negated;
}

function nullCheck(key: string, values: readonly string[]): Condition {
  const lookup = key.toLowerCase();
  const wanted = values.map((value) => value.toLowerCase());
  const ifMissing = wanted.includes("true");
  const ifThere = wanted.includes("false");
  return {
    name: key,
    variables: [],
    holds: (context) => valueOf(context, lookup) === undefined ? ifMissing : ifThere,
  };
}
