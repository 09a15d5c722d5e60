/**
 * Rules of policies that name principals: those of resources (S3's `MalformedPolicy`) and trust
 * policies (IAM's `MalformedPolicyDocument`), refused in AWS's words.
 *
 * Observed: `Missing required field Principal`, `Invalid principal in policy`, `Policy has invalid
 * resource`, `Has prohibited field Resource`, `AssumeRole policy may only specify STS AssumeRole
 * actions.`, `AssumeRolepolicy contained an invalid principal: "STAR":"*".` (public issues with
 * pasted answers of AWS). Assumed: the others, in the same grammar.
 * Left out: whether a principal exists, which the services know; S3's check that an action and
 * a resource of one statement fit together.
 */
import {
  conditionsOf,
  type Document,
  hasTwins,
  isObject,
  type Json,
  type Listed,
  listed,
  objectOf,
  type Statement,
  statementsOf,
  textsOf,
} from "./document.ts";
import { MalformedPolicy } from "./malformed.ts";
import type { PrincipalBlock } from "./principal.ts";

type Kind = "resource" | "trust";

const topElements = ["Version", "Id", "Statement"];
const elements = [
  ...["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"],
  ...["Resource", "NotResource", "Condition"],
];
const principalTypes = ["AWS", "Service", "Federated", "CanonicalUser"];

function refuse(message: string): never {
  throw new MalformedPolicy(message);
}

/** @throws {MalformedPolicy} */
export function resourceDocument(text: string, kind: Kind): Document {
  const document = objectOf(text, "This policy contains invalid Json");
  const unknown = Object.keys(document).find((name) => !topElements.includes(name));
  if (unknown !== undefined) refuse(`Unknown field ${unknown}`);
  const { Version: version = "2008-10-17" } = document;
  if (version !== "2012-10-17" && version !== "2008-10-17") {
    refuse("The policy must contain a valid version string");
  }
  if (!("Statement" in document)) refuse("Missing required field Statement");
  const statements = statementsOf(document);
  if (statements === null) refuse("Could not parse the policy: Statement is empty!");
  if (hasTwins(statements)) refuse("Statement IDs (SID) in a single policy must be unique.");
  return { version, statements: statements.map((statement) => parsed(statement, kind)) };
}

function parsed(statement: Json, kind: Kind): Statement {
  const { Effect: effect, Sid: sid } = statement;
  const unknown = Object.keys(statement).find((name) => !elements.includes(name));
  if (unknown !== undefined) refuse(`Unknown field ${unknown}`);
  if (effect === undefined) refuse("Missing required field Effect");
  if (effect !== "Allow" && effect !== "Deny") refuse(`Invalid effect: ${effect}`);
  const conditions = conditionsOf(
    statement["Condition"],
    (operator) => new MalformedPolicy(`Invalid Condition type : ${operator}`),
  );
  if (conditions === null) refuse("Invalid Condition");
  return {
    sid: typeof sid === "string" && sid !== "" ? sid : null,
    effect,
    principal: principalOf(statement, kind),
    actions: actionsOf(statement, kind),
    resources: resourcesOf(statement, kind),
    conditions,
  };
}

function principalOf(statement: Json, kind: Kind): Listed<PrincipalBlock> {
  const isNot = "NotPrincipal" in statement;
  if (isNot && kind === "trust") refuse("Has prohibited field NotPrincipal");
  if (isNot && statement["Effect"] === "Allow") {
    refuse("Allow with NotPrincipal is not allowed.");
  }
  const value = statement[isNot ? "NotPrincipal" : "Principal"];
  if (value === undefined) refuse("Missing required field Principal");
  return { values: blockOf(value, kind), isNot };
}

function blockOf(value: unknown, kind: Kind): PrincipalBlock {
  if (value === "*") {
    if (kind === "trust") {
      refuse('AssumeRolepolicy contained an invalid principal: "STAR":"*".');
    }
    return "*";
  }
  if (!isObject(value) || Object.keys(value).length === 0) refuse("Invalid principal in policy");
  const block: Record<string, readonly string[]> = {};
  for (const [type, names] of Object.entries(value)) {
    const texts = textsOf(names);
    if (texts === null || texts.length === 0 || !principalTypes.includes(type)) {
      refuse("Invalid principal in policy");
    }
    for (const name of texts) checkName(type, name, kind);
    block[type] = texts;
  }
  return block;
}

const nameForms: Readonly<Record<string, RegExp>> = {
  AWS: /^(\*|\d{12}|A[A-Z0-9]{15,}|arn:aws[a-z-]*:(iam|sts)::\d{12}:[^*?]+)$/,
  Service: /^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$/,
};

/** No wildcard within an ARN. */
function checkName(type: string, name: string, kind: Kind): void {
  if (nameForms[type]?.test(name) !== false) return;
  refuse(
    kind === "trust"
      ? `Invalid principal in policy: "${type === "AWS" ? "AWS" : type.toUpperCase()}":"${name}"`
      : "Invalid principal in policy",
  );
}

function actionsOf(statement: Json, kind: Kind): Listed {
  if ("Action" in statement && "NotAction" in statement) refuse("Policy has invalid action");
  const actions = listed(statement, "Action");
  if (actions === null || actions.values.length === 0) refuse("Missing required field Action");
  if (kind === "trust") {
    const isTrust = (action: string) => /^(\*|sts:[a-z*?]+)$/i.test(action);
    if (!actions.values.every(isTrust)) {
      refuse("AssumeRole policy may only specify STS AssumeRole actions.");
    }
  } else if (!actions.values.every((action) => action === "*" || /^[^:]+:[^:]+$/.test(action))) {
    refuse("Policy has invalid action");
  }
  return actions;
}

function resourcesOf(statement: Json, kind: Kind): Listed | null {
  if (kind === "trust") {
    for (const name of ["Resource", "NotResource"]) {
      if (name in statement) refuse(`Has prohibited field ${name}`);
    }
    return null;
  }
  if ("Resource" in statement && "NotResource" in statement) refuse("Policy has invalid resource");
  const resources = listed(statement, "Resource");
  if (resources === null || resources.values.length === 0) {
    refuse("Missing required field Resource");
  }
  if (!resources.values.every(isResource)) refuse("Policy has invalid resource");
  return resources;
}

/** An ARN; API Gateway's policies may leave out its beginning. */
function isResource(resource: string): boolean {
  return resource === "*" || resource.startsWith("arn:") || resource.startsWith("execute-api:/");
}
