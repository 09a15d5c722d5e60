/**
 * Compile: the text of a policy -> matchers, made once, so that a decision only runs them.
 */
import { type Condition, condition } from "./condition.ts";
import type { Listed, Statement } from "./document.ts";
import { type Matcher, type Pattern, pattern } from "./pattern.ts";
import { permissionDocument } from "./permission_rules.ts";
import { type Named, notPrincipal, principal } from "./principal.ts";
import { resourceDocument } from "./resource_rules.ts";
import type { Asker, Context, Matched, PolicyKind } from "./types.ts";

export interface Policy {
  name: string;
  kind: PolicyKind;
  /** Its statements that are about an action, whatever its case. */
  about(action: string): readonly CompiledStatement[];
  /** Keys of its conditions and variables as it spells them, each once, sorted. */
  keys: readonly string[];
}

export interface CompiledStatement {
  isDeny: boolean;
  isResource: (resource: string, context: Context) => boolean;
  /** null: the policy is somebody's own. */
  principal: ((asker: Asker) => Named) | null;
  /** Whether `principal` comes from NotPrincipal. */
  isNotPrincipal: boolean;
  conditions: readonly Condition[];
  matched: Matched;
}

/**
 * A policy, checked and compiled.
 *
 * @throws {MalformedPolicy} in AWS's words
 */
export function compiled(text: string, kind: PolicyKind, name: string): Policy {
  const document = kind === "resource" || kind === "trust"
    ? resourceDocument(text, kind)
    : permissionDocument(text);
  const variables = document.version === "2012-10-17";
  const spelled = new Map<string, string>();
  const statements = document.statements.map((statement, place) => {
    const { keys, ...rest } = compiledStatement(statement, variables);
    for (const key of keys) spelled.set(key.toLowerCase(), spelled.get(key.toLowerCase()) ?? key);
    return { ...rest, matched: { policy: name, kind, statement: statement.sid ?? place } };
  });
  const isAbout = document.statements.map(({ actions }) => actionTest(actions));
  return {
    name,
    kind,
    about: remembering((action) => statements.filter((_, place) => isAbout[place]?.(action))),
    keys: [...spelled.values()].sort(),
  };
}

/** More than a service has actions; what comes from outside must not fill the memory. */
const rememberedMax = 256;

/** The same few actions are asked for over and over. */
function remembering<Value>(find: (action: string) => Value): (action: string) => Value {
  const found = new Map<string, Value>();
  return (action) => {
    const known = found.get(action);
    if (known !== undefined) return known;
    const value = find(action.toLowerCase());
    if (found.size >= rememberedMax) found.clear();
    found.set(action, value);
    return value;
  };
}

function compiledStatement(
  { effect, resources, principal: named, conditions }: Statement,
  variables: boolean,
) {
  const tests = conditions.map(({ operator, key, values }) =>
    condition(operator, key, { values, variables })
  );
  const places =
    resources?.values.map((value) => pattern(value, { wildcards: true, arn: true, variables })) ??
      [];
  return {
    isDeny: effect === "Deny",
    isResource: resources === null ? () => true : resourceTest(places, resources.isNot),
    principal: named === null
      ? null
      : named.isNot
      ? notPrincipal(named.values)
      : principal(named.values),
    isNotPrincipal: named?.isNot === true,
    conditions: tests,
    keys: [
      ...tests.flatMap((test) => [test.name, ...test.variables]),
      ...places.flatMap(({ keys }) => keys),
    ],
  };
}

const noContext: Context = {};

/** Of an action in lower case. */
function actionTest({ values, isNot }: Listed): (action: string) => boolean {
  const matchers = values.map((value) =>
    pattern(value.toLowerCase(), { wildcards: true, variables: false }).matches
  );
  return (action) => matchers.some((matches) => matches(action, noContext) === true) !== isNot;
}

function resourceTest(
  patterns: readonly Pattern[],
  isNot: boolean,
): (resource: string, context: Context) => boolean {
  const matchers: readonly Matcher[] = patterns.map(({ matches }) => matches);
  return (resource, context) => {
    for (const matches of matchers) if (matches(resource, context) === true) return !isNot;
    return isNot;
  };
}
