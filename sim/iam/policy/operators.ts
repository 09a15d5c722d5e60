/**
 * Operators of conditions: a value of the policy -> what compares a value of the request with it.
 *
 * Strings, ARNs and Bool know variables; Like and the ARN operators know wildcards. A value that
 * is not of the operator's type has no answer (null), neither yes nor no.
 *
 * Source: IAM user guide, "IAM JSON policy elements: Condition operators".
 */
import { type Matcher, type Pattern, pattern, type PatternOptions } from "./pattern.ts";
import { addressOf, binaryOf, isWithin, momentOf, networkOf, numberOf } from "./values.ts";

export interface Operator {
  /** It asks that no value matches; a missing key matches none. */
  negated: boolean;
  compile(value: string, variables: boolean): Pattern;
}

function text(options: Omit<PatternOptions, "variables">): Operator["compile"] {
  return (value, variables) => pattern(value, { ...options, variables });
}

function plain(matches: Matcher): Pattern {
  return { matches, keys: [] };
}

const unanswered: Pattern = plain(() => null);

/** Many conditions in a row look at one value of the request: the last one is kept. */
function remembering<Value>(read: (text: string) => Value | null): (text: string) => Value | null {
  let lastText: string | null = null;
  let last: Value | null = null;
  return (text) => {
    if (text !== lastText) {
      last = read(text);
      lastText = text;
    }
    return last;
  };
}

/** Both sides read as one type, then compared. */
function typed<Wanted, Given>(
  wantedOf: (text: string) => Wanted | null,
  read: (text: string) => Given | null,
  compare: (given: Given, wanted: Wanted) => boolean,
): Operator["compile"] {
  const givenOf = remembering(read);
  return (value) => {
    const wanted = wantedOf(value);
    if (wanted === null) return unanswered;
    return plain((request) => {
      const given = givenOf(request);
      return given === null ? null : compare(given, wanted);
    });
  };
}

type Order = (given: number, wanted: number) => boolean;
const orders: Readonly<Record<string, Order>> = {
  Equals: (given, wanted) => given === wanted,
  LessThan: (given, wanted) => given < wanted,
  LessThanEquals: (given, wanted) => given <= wanted,
  GreaterThan: (given, wanted) => given > wanted,
  GreaterThanEquals: (given, wanted) => given >= wanted,
};

/** Each of the six parts by itself, so a pattern of fewer parts matches none. */
const arn: Operator["compile"] = (value, variables) => {
  const compiled = pattern(value, { wildcards: true, arn: true, variables });
  return value.split(":").length >= 6 ? compiled : { ...compiled, matches: () => false };
};

const yes = (compile: Operator["compile"]): Operator => ({ negated: false, compile });
const no = (compile: Operator["compile"]): Operator => ({ negated: true, compile });

const exact = text({ wildcards: false });
const folded = text({ wildcards: false, ignoreCase: true });
const like = text({ wildcards: true });
const address = typed(networkOf, addressOf, (given, network) => isWithin(network, given));
const numeric = (order: Order) => typed(numberOf, numberOf, order);
const date = (order: Order) => typed(momentOf, momentOf, order);
const equal: Order = (given, wanted) => given === wanted;

export const operators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["StringEquals", yes(exact)],
  ["StringNotEquals", no(exact)],
  ["StringEqualsIgnoreCase", yes(folded)],
  ["StringNotEqualsIgnoreCase", no(folded)],
  ["StringLike", yes(like)],
  ["StringNotLike", no(like)],
  ...Object.entries(orders).flatMap(([name, order]): [string, Operator][] => [
    [`Numeric${name}`, yes(numeric(order))],
    [`Date${name}`, yes(date(order))],
  ]),
  ["NumericNotEquals", no(numeric(equal))],
  ["DateNotEquals", no(date(equal))],
  ["Bool", yes(folded)],
  ["BinaryEquals", yes(typed(binaryOf, binaryOf, (given, wanted) => given === wanted))],
  ["IpAddress", yes(address)],
  ["NotIpAddress", no(address)],
  ["ArnEquals", yes(arn)],
  ["ArnLike", yes(arn)],
  ["ArnNotEquals", no(arn)],
  ["ArnNotLike", no(arn)],
]);
