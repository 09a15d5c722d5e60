/**
 * Rules of permissions: identity and session policies and boundaries, checked in AWS's order and
 * refused in its words (`MalformedPolicyDocument`).
 *
 * Source: the answers of IAM to more than 70 documents, recorded by the tests of moto
 * (`tests/test_iam/test_iam_policies.py`); which check comes first follows from them.
 * Observed: a `Principal` has an answer of its own (hashicorp/terraform issue 13449).
 * Left out: names of actions and services that do not exist, which IAM takes as well.
 */
import {
  conditionsOf,
  type Document,
  hasTwins,
  isObject,
  type Json,
  listed,
  objectOf,
  type Statement,
  statementsOf,
  textsOf,
} from "./document.ts";
import { MalformedPolicy } from "./malformed.ts";
import { resourceProblem } from "./resource_format.ts";

const syntax = "Syntax errors in policy.";
const legacy = "The policy failed legacy parsing";

const topElements = ["Version", "Id", "Statement", "Conditions"];
const versions = ["2008-10-17", "2012-10-17"];
const principals = ["Principal", "NotPrincipal"];
const lists = ["Action", "NotAction", "Resource", "NotResource"];
const elements = ["Sid", "Effect", "Condition", ...lists];

function refuse(message: string): never {
  throw new MalformedPolicy(message);
}

/** @throws {MalformedPolicy} */
export function permissionDocument(text: string): Document {
  const document = objectOf(text, syntax);
  const statements = statementsOf(document);
  if (statements === null) refuse(syntax);
  if (statements.some((each) => principals.some((name) => name in each))) {
    refuse("Policy document should not specify a principal.");
  }
  checkTop(document);
  const checked = statements.map(parsed);
  checkMeaning(document, statements, checked);
  return { version: "2012-10-17", statements: checked };
}

function checkTop(document: Json): void {
  const { Version: version = "", Id: id = "" } = document;
  if (Object.keys(document).some((name) => !topElements.includes(name))) refuse(syntax);
  if ("Version" in document && !versions.some((known) => known === version)) refuse(syntax);
  if (typeof id !== "string") refuse(syntax);
}

/** The form of one statement; what it lacks is found later. */
function parsed(statement: Json): Statement {
  const { Effect: effect, Sid: sid } = statement;
  const isKnown = Object.keys(statement).every((name) => elements.includes(name));
  const isEffect = typeof effect === "string" && /^(allow|deny)$/i.test(effect);
  if (!isKnown || !isEffect || !["undefined", "string"].includes(typeof sid)) refuse(syntax);
  if (lists.some((name) => name in statement && textsOf(statement[name]) === null)) refuse(syntax);
  for (const name of ["Action", "Resource"]) {
    if (name in statement && `Not${name}` in statement) refuse(syntax);
  }
  const conditions = conditionsOf(statement["Condition"], () => null);
  if (conditions === null) refuse(syntax);
  return {
    sid: typeof sid === "string" && sid !== "" ? sid : null,
    effect: effect === "Deny" ? "Deny" : "Allow",
    actions: listed(statement, "Action") ?? { values: [], isNot: false },
    resources: listed(statement, "Resource") ?? { values: [], isNot: false },
    principal: null,
    conditions,
  };
}

function checkMeaning(
  document: Json,
  raw: readonly Json[],
  statements: readonly Statement[],
): void {
  if (document["Version"] !== "2012-10-17") {
    refuse("Policy document must be version 2012-10-17 or greater.");
  }
  if (!raw.every(isOldStyle)) refuse(legacy);
  const problems = statements.flatMap(({ resources }) =>
    (resources?.values ?? []).toSorted().flatMap((each) => resourceProblem(each) ?? [])
  );
  if (problems.length === 0 && !statements.every(hasOldStyleResources)) refuse(legacy);
  if (hasTwins(raw)) refuse("Statement IDs (SID) in a single policy must be unique.");
  if (statements.some(({ actions }) => actions.values.length === 0)) {
    refuse("Policy statement must contain actions.");
  }
  if (problems[0] !== undefined) refuse(problems[0]);
  for (const { actions } of statements) actions.values.forEach(checkAction);
  if (statements.some(({ resources }) => resources?.values.length === 0)) {
    refuse("Policy statement must contain resources.");
  }
}

/** An older parser, which sees case and dates. */
function isOldStyle(statement: Json): boolean {
  const { Effect: effect, Condition: block } = statement;
  if (effect !== "Allow" && effect !== "Deny") return false;
  return Object.entries(isObject(block) ? block : {}).every(([operator, keys]) =>
    !/^(For(All|Any)Values?:)?Date/.test(operator) || Object.values(isObject(keys) ? keys : {})
      .every((values) => (textsOf(values) ?? []).every(isOldStyleDate))
  );
}

const oldDateForm =
  /^-?(\d+)(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:t(?:(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?(?:z|\+\d\d(?::\d\d)?)?)?)?)?)?$/;

/** More than the evaluation understands: also `01T`, and a year before Christ. */
function isOldStyleDate(text: string): boolean {
  const value = text.toLowerCase();
  if (!/[t-]/.test(value)) return /^\d+$/.test(value) && BigInt(value) < 1n << 63n;
  const parts = oldDateForm.exec(value);
  if (parts === null) return false;
  const [, , month = "1", day = "1", hour = "0", minute = "0", second = "0"] = parts;
  const isWithin = (part: string, min: number, max: number) => +part >= min && +part <= max;
  return isWithin(month, 1, 12) && isWithin(day, 1, 31) && isWithin(hour, 0, 23) &&
    isWithin(minute, 0, 59) && isWithin(second, 0, 59);
}

/** Either six parts, or no two colons together. */
function hasOldStyleResources({ resources }: Statement): boolean {
  return (resources?.values ?? []).every((resource) => {
    if (resource === "*") return true;
    const parts = resource.split(":");
    return (parts.length >= 6 || !resource.includes("::")) && parts[2] !== "";
  });
}

function checkAction(action: string): void {
  if (action === "*") return;
  const [vendor = "", ...rest] = action.split(":");
  if (rest.length === 0) {
    refuse("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
  }
  if (rest.length > 1) refuse("Actions/Condition can contain only one colon.");
  if (vendor !== "*" && /[^a-zA-Z0-9.-]/.test(vendor)) refuse(`Vendor ${vendor} is not valid`);
}
