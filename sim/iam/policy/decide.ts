/**
 * Decide: a request and the policies that count for it -> whether it may, and why.
 *
 *   1  a Deny anywhere                                       -> no
 *   2  the resource's policy names the asker itself          -> yes, whatever else is missing
 *   3  the asker's own policies, or the resource's policy by the role of a session
 *   4  its boundary, if it has one
 *   5  the policies of its session, if it has some: one of them
 *
 * Named by its account alone, an asker still needs 3 from its own policies. In another account it
 * needs both sides; a service of AWS and nobody at all have only the resource's policy. The root
 * needs none of 3 to 5.
 *
 * Source: IAM user guide, "Policy evaluation logic", the table of resource-based policies.
 * Left out: policies of organisations, access control lists.
 */
import type { CompiledStatement, Policy } from "./compile.ts";
import { type Named, named } from "./principal.ts";
import type { Decision, Matched, Policies, PolicyKind, PolicyRequest } from "./types.ts";

/** What the statements of one layer say. */
interface Layer {
  allows: readonly Matched[];
  /** The closest name under which a statement of the resource's policy allows. */
  level: Named;
}

/** What one request has gathered so far. */
interface Inquiry {
  request: PolicyRequest;
  hasBoundary: boolean;
  denials: Matched[];
  missing: string[];
}

export function decide(request: PolicyRequest, policies: Policies<Policy>): Decision {
  const inquiry: Inquiry = {
    request,
    hasBoundary: policies.boundary !== null,
    denials: [],
    missing: [],
  };
  const { action } = request;
  const identity = layerOf(inquiry, ofAll(policies.identity, action));
  const resource = layerOf(inquiry, ofOne(policies.resource, action));
  const boundary = layerOf(inquiry, ofOne(policies.boundary, action));
  const session = layerOf(inquiry, ofAll(policies.session, action));
  const { denials, missing } = inquiry;
  const [denial] = denials;
  if (denial !== undefined) {
    return { allowed: false, effect: "explicitDeny", kind: denial.kind, matched: denials, missing };
  }
  const lacks = lackOf(request, policies, { identity, resource, boundary, session });
  if (lacks !== null) {
    return { allowed: false, effect: "implicitDeny", kind: lacks, matched: [], missing };
  }
  const matched = identity.allows.concat(resource.allows, boundary.allows, session.allows);
  return { allowed: true, effect: "allowed", kind: null, matched, missing };
}

const none: readonly CompiledStatement[] = [];

function ofOne(policy: Policy | null, action: string): readonly CompiledStatement[] {
  return policy === null ? none : policy.about(action);
}

/** By the lists of policies, which stay the same objects for as long as nothing changes. */
const gathered = new WeakMap<readonly Policy[], Map<string, readonly CompiledStatement[]>>();
/** More than a principal asks for; what comes from outside must not fill the memory. */
const actionsMax = 256;

function ofAll(policies: readonly Policy[], action: string): readonly CompiledStatement[] {
  if (policies.length < 2) return ofOne(policies[0] ?? null, action);
  let known = gathered.get(policies);
  if (known === undefined) gathered.set(policies, known = new Map());
  const before = known.get(action);
  if (before !== undefined) return before;
  const found = policies.flatMap((policy) => policy.about(action));
  if (known.size >= actionsMax) known.clear();
  known.set(action, found);
  return found;
}

const silence: Layer = { allows: [], level: named.not };

function layerOf(inquiry: Inquiry, statements: readonly CompiledStatement[]): Layer {
  if (statements.length === 0) return silence;
  const allows: Matched[] = [];
  let closest: Named = named.not;
  for (const statement of statements) {
    const level = speaks(inquiry, statement);
    if (level === named.not) continue;
    (statement.isDeny ? inquiry.denials : allows).push(statement.matched);
    if (!statement.isDeny && level > closest) closest = level;
  }
  return { allows, level: closest };
}

/** Whether a statement is about this request, and how closely it names who asks. */
function speaks(inquiry: Inquiry, statement: CompiledStatement): Named {
  const { request, missing } = inquiry;
  if (!statement.isResource(request.resource, request.context)) return named.not;
  const level = nameIn(statement, inquiry);
  if (level === named.not) return level;
  let holds = true;
  // All of them, so that every key that is missing is found.
  for (const condition of statement.conditions) {
    if (!condition.holds(request.context, missing)) holds = false;
  }
  return holds ? level : named.not;
}

function nameIn(statement: CompiledStatement, { request, hasBoundary }: Inquiry): Named {
  if (statement.principal === null) return named.itself;
  // Documented: a Deny with NotPrincipal denies whoever has a boundary, whomever it excuses.
  if (statement.isNotPrincipal && hasBoundary) return named.itself;
  return statement.principal(request.asker);
}

interface Layers {
  identity: Layer;
  resource: Layer;
  boundary: Layer;
  session: Layer;
}

/** The kind of policy that would have to allow, and does not; null: none. */
function lackOf(
  request: PolicyRequest,
  policies: Policies<Policy>,
  layers: Layers,
): PolicyKind | null {
  const { asker } = request;
  const { level } = layers.resource;
  const resourceKind = policies.resource?.kind ?? "resource";
  if (asker.accountId === null) return level === named.not ? resourceKind : null;
  const isForeign = request.accountId !== undefined && request.accountId !== asker.accountId;
  if (!isForeign && level === named.itself) return null;
  const isNeeded = isForeign || policies.resourceMustAllow;
  const own = asker.isRoot ? null : ownLack(policies, layers, {
    // In its own account the policy of the resource stands in for those of the role.
    identityNeeded: isForeign || level !== named.byRole,
  });
  return own ?? (isNeeded && level === named.not ? resourceKind : null);
}

function ownLack(
  policies: Policies<Policy>,
  { identity, boundary, session }: Layers,
  { identityNeeded }: { identityNeeded: boolean },
): PolicyKind | null {
  if (identityNeeded && identity.allows.length === 0) return "identity";
  if (policies.boundary !== null && boundary.allows.length === 0) return "boundary";
  if (policies.session.length > 0 && session.allows.length === 0) return "session";
  return null;
}
