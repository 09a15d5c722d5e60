/**
 * Where the judge of policies decides otherwise than AWS's documentation says: as narrow as the
 * pair shows it.
 */
import type { Word } from "./iam_policy_ours.ts";
import type { Json, Pair } from "./iam_policy_pairs.ts";

export interface Difference {
  /** What the documentation says. */
  reason: string;
  isAbout(pair: Pair, decided: { ours: Word; theirs: string }): boolean;
}

interface Condition {
  operator: string;
  /** In lower case. */
  key: string;
  values: readonly string[];
}

function statementsOf(pair: Pair): readonly Json[] {
  return [...pair.identity, pair.resourcePolicy, pair.boundary, pair.session]
    .flatMap((policy) => policy?.["Statement"] as Json[] | undefined ?? []);
}

function listOf(value: unknown): readonly string[] {
  return value === undefined ? [] : [value].flat() as string[];
}

function conditionsOf(statement: Json): Condition[] {
  return Object.entries(statement["Condition"] as Record<string, Json> | undefined ?? {})
    .flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => ({
        operator,
        key: key.toLowerCase(),
        values: listOf(values),
      }))
    );
}

function has(pair: Pair, key: string): boolean {
  return Object.keys(pair.context).some((name) => name.toLowerCase() === key);
}

/** Whether one of the texts has a variable without a default that has no value. */
function isVoid(pair: Pair, texts: readonly string[]): boolean {
  return texts.some((text) =>
    [...text.matchAll(/\$\{([^}',*?$]+)\}/g)].some(([, key = ""]) => !has(pair, key.toLowerCase()))
  );
}

/** "… if the key is not present, evaluate the condition element as true", of every operator. */
const anyIfExists: Difference = {
  reason: "IfExists is true of a missing key under ForAnyValue as well",
  isAbout: (pair) =>
    statementsOf(pair).flatMap(conditionsOf).some(({ operator, key }) =>
      /^ForAnyValue:.*IfExists$/.test(operator) && !has(pair, key)
    ),
};

/** "Inverted condition operators like StringNotEquals do match against a null value." */
const voidVariable: Difference = {
  reason: "nothing is equal to a variable without a value, so a negation holds",
  isAbout: (pair) =>
    statementsOf(pair).some((statement) =>
      isVoid(pair, listOf(statement["NotResource"])) ||
      conditionsOf(statement).some(({ operator, values }) =>
        /Not/.test(operator) && isVoid(pair, values)
      )
    ),
};

/** "… not limited by an implicit deny in … a session policy": of session ARNs and of `*`. */
const sessionNamed: Difference = {
  reason: "a resource's policy that names a session, or `*`, is not limited by session policies",
  isAbout: (pair, { ours, theirs }) =>
    pair.session !== null && pair.principal.includes(`:${pair.accountId}:`) &&
    ours === "Allowed" && theirs === "ImplicitlyDenied" &&
    listOf(pair.resourcePolicy?.["Statement"]).some((statement) =>
      /"\*"|assumed-role/.test(JSON.stringify((statement as unknown as Json)["Principal"]) ?? "")
    ),
};

/** "You must also specify the account ARN", "account, then role, then session"; "always deny". */
const notPrincipal: Difference = {
  reason: "NotPrincipal excuses who is named by account, role and session, and has no boundary",
  isAbout: (pair, { ours }) =>
    ours === "ExplicitlyDenied" &&
    listOf(pair.resourcePolicy?.["Statement"]).some((statement) =>
      "NotPrincipal" in (statement as unknown as Json)
    ),
};

/** "… or in epoch (UNIX) time", which counts seconds. */
const epoch: Difference = {
  reason: "dates of digits alone are seconds since 1970",
  isAbout: (pair) =>
    statementsOf(pair).flatMap(conditionsOf).some(({ operator, values }) =>
      operator.startsWith("Date") && values.some((value) => /^\d{5,}$/.test(value))
    ),
};

/** Two spellings of one address (RFC 4291), and no range of one family holds one of the other. */
const longAddresses: Difference = {
  reason: "IPv6 addresses are compared as addresses, and are outside every IPv4 range",
  isAbout: (pair) => {
    const isLong = String(pair.context["aws:SourceIp"] ?? "").includes(":");
    return statementsOf(pair).flatMap(conditionsOf).some(({ operator, values }) =>
      operator.includes("IpAddress") &&
      values.some((value) => value.startsWith("2001:DB8:0:") || (isLong && !value.includes(":")))
    );
  },
};

/** "Policy variables: supported", of the ARN operators. */
const arnVariables: Difference = {
  reason: "ARN operators know variables, whose colons are not the ARN's",
  isAbout: (pair) =>
    statementsOf(pair).flatMap(conditionsOf).some(({ operator, values }) =>
      operator.includes("Arn") && values.some((value) => value.includes("${"))
    ),
};

/** "The Version element must be 2012-10-17; otherwise variables are treated as literals." */
const oldVersion: Difference = {
  reason: "variables are texts in version 2008-10-17",
  isAbout: ({ resourcePolicy }) =>
    resourcePolicy?.["Version"] === "2008-10-17" && JSON.stringify(resourcePolicy).includes("${"),
};

export const differences: readonly Difference[] = [
  anyIfExists,
  voidVariable,
  sessionNamed,
  notPrincipal,
  epoch,
  longAddresses,
  arnVariables,
  oldVersion,
];
