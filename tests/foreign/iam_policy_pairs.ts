/**
 * Pairs: a seed -> a request and the policies that count for it, of everything that the language
 * of policies has. Most parts of a policy are made to fit the request, so that about half of the
 * requests are allowed, and each refusal hangs on little.
 */

export type Json = Record<string, unknown>;

export interface Pair {
  /** An ARN, a service, or `anonymous`. */
  principal: string;
  action: string;
  resource: string;
  /** Whose the resource is. */
  accountId: string;
  /** Keys as the documentation spells them. */
  context: Record<string, string | string[]>;
  identity: Json[];
  resourcePolicy: Json | null;
  boundary: Json | null;
  session: Json | null;
}

export const account = "111122223333";
const otherAccount = "444455556666";

/** Chance, of which the seed is the whole cause. */
export class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  /** From 0 up to 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  chance(odds: number): boolean {
    return this.next() < odds;
  }
  below(count: number): number {
    return Math.floor(this.next() * count);
  }
  pick<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new RangeError("Nothing to pick from");
    return value;
  }
}

/** Actions with resources that they know. */
const targets: readonly [string, readonly string[]][] = [
  ["s3:GetObject", ["arn:aws:s3:::posts/topics/pin/1.json", "arn:aws:s3:::posts/ann/a b$c"]],
  ["s3:PutObject", ["arn:aws:s3:::posts/ann/1.json", "arn:aws:s3:::Posts/topics/pin/1.json"]],
  ["s3:ListBucket", ["arn:aws:s3:::posts", "arn:aws:s3:::other"]],
  ["kinesis:PutRecord", [`arn:aws:kinesis:us-east-1:${account}:stream/pin`]],
  ["kinesis:DescribeStream", [`arn:aws:kinesis:eu-west-1:${account}:stream/geo`]],
  ["execute-api:Invoke", [`arn:aws:execute-api:us-east-1:${account}:api1/prod/POST/topics/pin`]],
  ["kafka-cluster:WriteData", [`arn:aws:kafka:us-east-1:${account}:topic/pins/abc-1/ann.pin`]],
  ["sts:AssumeRole", [`arn:aws:iam::${account}:role/sink`, `arn:aws:iam::${account}:role/reader`]],
];

const user = (of: string) => `arn:aws:iam::${of}:user/ann`;
const session = (of: string) => `arn:aws:sts::${of}:assumed-role/worker/run1`;
const role = (of: string) => `arn:aws:iam::${of}:role/worker`;

export function pairOf(seed: number): Pair {
  const dice = new Dice(seed * 7919 + 1);
  for (let times = 0; times < 8; times++) dice.next();
  const principal = principalOf(dice);
  const [action, resources] = dice.pick(targets);
  const resource = dice.pick(resources);
  const context = contextOf(dice, principal, action);
  const request = { principal, action, resource, accountId: account, context };
  const isCaller = principal.startsWith("arn:");
  const isTrust = action === "sts:AssumeRole";
  const policy = (isOfResource: boolean) => policyOf(dice, request, isOfResource);
  return {
    ...request,
    identity: isCaller ? Array.from({ length: dice.below(4) }, () => policy(false)) : [],
    resourcePolicy: !isCaller || isTrust || dice.chance(0.5) ? policy(true) : null,
    boundary: isCaller && dice.chance(0.25) ? policy(false) : null,
    session: principal.includes(":assumed-role/") && dice.chance(0.35) ? policy(false) : null,
  };
}

function principalOf(dice: Dice): string {
  const roll = dice.next();
  if (roll < 0.05) return "anonymous";
  if (roll < 0.12) return "apigateway.amazonaws.com";
  const of = dice.chance(0.15) ? otherAccount : account;
  return dice.chance(0.5) ? user(of) : session(of);
}

type Values = Record<string, (dice: Dice) => string | string[]>;

const everyRequest: Values = {
  "aws:SourceIp": (dice) => dice.pick(["10.1.2.3", "192.0.2.17", "2001:db8::17", "127.0.0.1"]),
  "aws:SecureTransport": (dice) => dice.pick(["true", "false"]),
  "aws:CurrentTime": (dice) => dice.pick(["2026-03-01T12:00:00Z", "2026-09-30T23:59:59Z"]),
  "aws:RequestTag/stage": (dice) => dice.pick(["prod", "Prod", "test", "a*b"]),
  "aws:RequestTag/blob": (dice) => dice.pick(["QUJD", "QUJE"]),
  "aws:TagKeys": (dice) => ["stage", "team", "cost"].filter(() => dice.chance(0.5)),
  "aws:MultiFactorAuthAge": (dice) => dice.pick(["0", "300", "3600.5"]),
  "aws:SourceArn": (dice) =>
    dice.pick([`arn:aws:s3:::posts`, `arn:aws:execute-api:us-east-1:${account}:api1/prod`]),
};
const everyCaller: Values = {
  "aws:PrincipalTag/team": (dice) => dice.pick(["data", "Data", "web", "ann"]),
  "aws:MultiFactorAuthPresent": (dice) => dice.pick(["true", "false"]),
};
const listing: Values = {
  "s3:prefix": (dice) => dice.pick(["topics/pin/", "ann/", ""]),
  "s3:max-keys": (dice) => dice.pick(["10", "1000"]),
};

function contextOf(dice: Dice, principal: string, action: string): Pair["context"] {
  const isCaller = principal.startsWith("arn:");
  const possible = {
    ...everyRequest,
    ...(isCaller ? everyCaller : {}),
    ...(action === "s3:ListBucket" ? listing : {}),
  };
  const context: Pair["context"] = {};
  for (const [key, make] of Object.entries(possible)) {
    const value = make(dice);
    if (dice.chance(0.75) && value.length > 0) context[key] = value;
  }
  if (!isCaller) return context;
  const of = principal.split(":")[4] ?? "";
  const isUser = principal === user(of);
  context["aws:PrincipalArn"] = isUser ? principal : role(of);
  context["aws:PrincipalAccount"] = of;
  context["aws:userid"] = isUser ? "AIDAANN" : "AROAWORKER:run1";
  if (isUser) context["aws:username"] = "ann";
  return context;
}

type Request = Pick<Pair, "principal" | "action" | "resource" | "context">;

function policyOf(dice: Dice, request: Request, isOfResource: boolean): Json {
  const isTrust = isOfResource && request.action === "sts:AssumeRole";
  const count = 1 + dice.below(3);
  return {
    Version: isOfResource && dice.chance(0.25) ? "2008-10-17" : "2012-10-17",
    Statement: Array.from({ length: count }, () => {
      const effect = dice.chance(0.15) ? "Deny" : "Allow";
      return {
        Effect: effect,
        ...(isOfResource ? principalBlock(dice, request, effect === "Deny" && !isTrust) : {}),
        ...actionBlock(dice, request.action, isTrust),
        ...(isTrust ? {} : resourceBlock(dice, request.resource)),
        ...(dice.chance(0.5) ? { Condition: conditionBlock(dice, request) } : {}),
      };
    }),
  };
}

function principalBlock(dice: Dice, { principal }: Request, mayExcuse: boolean): Json {
  const names = [user(account), session(account), role(account), account, user(otherAccount)];
  const others = [role(otherAccount), otherAccount, `arn:aws:iam::${account}:root`];
  const fitting = principal.startsWith("arn:") ? [principal] : names;
  const list = [dice.pick(dice.chance(0.5) ? fitting : [...names, ...others])];
  if (dice.chance(0.3)) list.push(dice.pick([...names, ...others]));
  if (mayExcuse && dice.chance(0.3)) return { NotPrincipal: { AWS: list } };
  const services = ["apigateway.amazonaws.com", "ec2.amazonaws.com"];
  if (dice.chance(0.25)) return { Principal: { Service: dice.pick(services), AWS: list } };
  return { Principal: dice.chance(0.25) ? { AWS: "*" } : { AWS: list } };
}

function oneOrMany<T>(dice: Dice, values: T[]): T | T[] {
  return values.length === 1 && dice.chance(0.5) ? values[0] as T : values;
}

function actionBlock(dice: Dice, action: string, isTrust: boolean): Json {
  const [service = "", name = ""] = action.split(":");
  if (isTrust) return { Action: oneOrMany(dice, [dice.pick([action, "sts:Assume*", "sts:Tag*"])]) };
  const others = ["ec2:RunInstances", "s3:Delete*", "kinesis:List*"];
  if (dice.chance(0.12)) return { NotAction: [dice.pick([action, ...others, ...others])] };
  const fitting = [
    ...[action, action.toUpperCase(), `${service}:*`, "*", `${service}:${name.slice(0, 3)}*`],
    `${service}:${name.slice(0, 2)}?${name.slice(3)}`,
  ];
  const values = [dice.pick(dice.chance(0.85) ? fitting : others)];
  if (dice.chance(0.3)) values.push(dice.pick(others));
  return { Action: oneOrMany(dice, values) };
}

function resourceBlock(dice: Dice, resource: string): Json {
  const at = resource.length - 1 - dice.below(4);
  const start = resource.slice(0, at);
  const [, , service = "", region = "", of = "", ...rest] = resource.split(":");
  const path = rest.join(":");
  const anywhere = service === "s3" ? "::" : service === "iam" ? ":*:" : "*:*:";
  const fitting = [
    ...["*", resource, resource, `${start}*`, `${start}?${resource.slice(at + 1)}`],
    ...[`arn:aws:${service}:${anywhere}${path}`, `arn:aws:${service}:${region}:${of}:*`],
    resource.replaceAll("ann", "${aws:username}").replace("$c", "${$}c"),
    resource.replace("ann", "${aws:PrincipalTag/team, 'ann'}"),
    resource.replace("pin", "${aws:RequestTag/none, 'pin'}"),
  ];
  const others = [
    ...["arn:aws:s3:::none/*", resource.toUpperCase().replace(/^ARN:AWS:\w+/, "arn:aws:s3")],
    ...["arn:aws:s3:::posts/${aws:PrincipalTag/nothing}/*", `arn:aws:sns:*:*:x`],
  ].map((each) => each.replace(/^(arn:aws:s3):[^:]*:[^:]*:/, "$1:::"));
  if (dice.chance(0.12)) {
    return { NotResource: [dice.pick([...others, ...others, dice.pick(fitting)])] };
  }
  const values = [dice.pick(dice.chance(0.88) ? fitting : others)];
  if (dice.chance(0.3)) values.push(dice.pick(others));
  return { Resource: oneOrMany(dice, values) };
}

type Family = Readonly<{
  operators: readonly string[];
  keys: readonly string[];
  values: readonly string[];
}>;

const families: readonly Family[] = [
  {
    operators: [
      ...["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase"],
      ...["StringNotEqualsIgnoreCase", "StringLike", "StringNotLike"],
    ],
    keys: [
      ...["aws:PrincipalTag/team", "aws:RequestTag/stage", "aws:username", "aws:userid"],
      ...["AWS:PRINCIPALTAG/TEAM", "s3:prefix", "aws:PrincipalAccount"],
    ],
    values: [
      ...["data", "DATA", "w?b", "*", "a${*}b", "${aws:username}", "ann/", "topics/*", account],
      ...[
        "prod",
        "P*d",
        "${aws:PrincipalTag/team, 'prod'}",
        "${aws:RequestTag/none}",
        "AROA*:run1",
      ],
    ],
  },
  {
    operators: [
      ...["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals"],
      ...["NumericGreaterThan", "NumericGreaterThanEquals"],
    ],
    keys: ["aws:MultiFactorAuthAge", "s3:max-keys"],
    values: ["0", "300", "300.0", "1000", "3600.5", "-1"],
  },
  {
    operators: [
      ...["DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals"],
      ...["DateGreaterThan", "DateGreaterThanEquals"],
    ],
    keys: ["aws:CurrentTime"],
    values: ["2026-03-01T12:00:00Z", "2026-06-01", "2026-10-01T01:59:59+02:00", "1772366400"],
  },
  {
    operators: ["Bool"],
    keys: ["aws:SecureTransport", "aws:MultiFactorAuthPresent"],
    values: ["true", "false", "True"],
  },
  {
    operators: ["BinaryEquals"],
    keys: ["aws:RequestTag/blob"],
    values: ["QUJD", "QUJE"],
  },
  {
    operators: ["IpAddress", "NotIpAddress"],
    keys: ["aws:SourceIp"],
    values: ["10.0.0.0/8", "192.0.2.17", "192.0.2.16/30", "2001:db8::/32", "2001:DB8:0::17"],
  },
  {
    operators: ["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"],
    keys: ["aws:PrincipalArn", "aws:SourceArn"],
    values: [
      ...[user(account), role(account), "arn:aws:iam::*:role/*", "arn:aws:s3:::p?sts"],
      ...["arn:aws:*:*:*:api1/*", "arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}"],
    ],
  },
];

function conditionBlock(dice: Dice, request: Request): Json {
  const block: Record<string, Json> = {};
  for (let count = 1 + dice.below(2); count > 0; count--) {
    const [operator, key, values] = conditionOf(dice, request);
    block[operator] = { ...block[operator], [key]: oneOrMany(dice, values) };
  }
  return block;
}

function conditionOf(dice: Dice, { action, context }: Request): [string, string, string[]] {
  const isListing = action === "s3:ListBucket";
  const roll = dice.next();
  if (roll < 0.08) {
    const keys = ["aws:PrincipalTag/team", "aws:RequestTag/stage", "aws:username"];
    return ["Null", dice.pick(keys), [dice.pick(["true", "false"])]];
  }
  if (roll < 0.25) {
    const operator = dice.pick(families[0]?.operators ?? []);
    const exists = dice.chance(0.2) ? "IfExists" : "";
    const values = ["stage", "te*", "cost", "team"].filter(() => dice.chance(0.6));
    const qualifier = dice.pick(["ForAllValues", "ForAnyValue"]);
    return [`${qualifier}:${operator}${exists}`, "aws:TagKeys", values];
  }
  const { operators, keys, values } = dice.pick(families);
  const key = dice.pick(keys.filter((each) => isListing || !each.startsWith("s3:")));
  const given = Object.entries(context)
    .find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
  const fitting = typeof given === "string" && given !== "" && !given.includes("*") ? [given] : [];
  const list = [dice.pick(dice.chance(0.5) && fitting.length > 0 ? fitting : values)];
  if (dice.chance(0.3)) list.push(dice.pick(values));
  return [dice.pick(operators) + (dice.chance(0.25) ? "IfExists" : ""), key, list];
}
