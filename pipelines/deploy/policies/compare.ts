/**
 * Compare: what was really asked for in a run, beside the policy files -> what no file allows,
 * and what the run had no use for.
 *
 * Source: IAM user guide, "Refine permissions using access information".
 * Left out: conditions and Deny, which no file has.
 */
import { type PipelinePolicies, roleNames } from "./mod.ts";

/** As the simulator tells it. */
export interface Recorded {
  /** Of the user or role. */
  arn: string;
  type: "user" | "role";
  name: string;
  statements: readonly Statement[];
}

interface Statement {
  Effect: string;
  Action: string | readonly string[];
  Resource: string | readonly string[];
}

/** One action on one resource, of the file that should allow it or that allows it. */
export interface Permission {
  file: string;
  action: string;
  resource: string;
}

export interface Compared {
  /** Asked for, and in no statement. */
  missing: Permission[];
  /** In a statement, and asked for by nobody; `isPartly`: the action was, on other resources. */
  unused: (Permission & { isPartly: boolean })[];
}

interface PolicyFile {
  file: string;
  text: string;
}

/** Whoever has no file here (an administrator, say) is not compared. */
export function compare(policies: PipelinePolicies, recorded: readonly Recorded[]): Compared {
  const found: Compared = { missing: [], unused: [] };
  for (const { file, text, asked } of pairs(policies, recorded)) {
    const allowed = permissionsIn(JSON.parse(text).Statement, file);
    for (const one of asked) {
      if (!allowed.some((other) => covers(other, one))) found.missing.push(one);
    }
    const unused = allowed.filter((one) => !asked.some((other) => covers(one, other)));
    for (const one of unused) {
      const isPartly = allowed.some((other) =>
        other.action === one.action && !unused.includes(other)
      );
      found.unused.push({ ...one, isPartly });
    }
  }
  return found;
}

function* pairs({ person, roles }: PipelinePolicies, recorded: readonly Recorded[]) {
  const files: (PolicyFile & { type: string; name: string | null })[] = [
    { file: "person.json", text: person, type: "user", name: null },
    ...roleNames.map((role) => ({
      file: `${role}.json`,
      text: roles[role].permissions,
      type: "role",
      name: roles[role].name,
    })),
  ];
  for (const { file, text, type, name } of files) {
    // The administrator is a user too, and has no file.
    const who = recorded.find((one) =>
      one.type === type && (name === null ? one.name !== "administrator" : one.name === name)
    );
    yield { file, text, asked: permissionsIn(who?.statements ?? [], file) };
  }
}

function permissionsIn(statements: readonly Statement[], file: string): Permission[] {
  return statements.flatMap(({ Action, Resource }) =>
    list(Action).flatMap((action) => list(Resource).map((resource) => ({ file, action, resource })))
  );
}

function list(one: string | readonly string[]): readonly string[] {
  return typeof one === "string" ? [one] : one;
}

/** Actions know no case, resources do; a `*` of what was asked for is a sign like any other. */
function covers(allowed: Permission, asked: Permission): boolean {
  return matches(allowed.action.toLowerCase(), asked.action.toLowerCase()) &&
    matches(allowed.resource, asked.resource);
}

function matches(pattern: string, text: string): boolean {
  const parts = pattern.split(/([*?])/).map((part) =>
    part === "*" ? ".*" : part === "?" ? "." : RegExp.escape(part)
  );
  return new RegExp(`^${parts.join("")}$`, "s").test(text);
}

/** For a person: what is missing one by one, what was not used by file. */
export function comparedLines({ missing, unused }: Compared): string[] {
  const files = Map.groupBy(unused, ({ file }) => file);
  return [
    ...missing.map(({ file, action, resource }) => `${file} lacks ${action} on ${resource}`),
    ...[...files].map(([file, ones]) => `${file} allows unused: ${namesOf(ones)}`),
  ];
}

/** Each action once; where other resources of it were used, with the ends of those that were not. */
function namesOf(permissions: Compared["unused"]): string {
  const actions = Map.groupBy(permissions, ({ action }) => action);
  return [...actions].map(([action, ones]) => {
    if (!ones[0]?.isPartly) return action;
    const ends = ones.map(({ resource }) => resource.split(/[:/]/).slice(-2).join("/"));
    return `${action} (${ends.join(", ")})`;
  }).join(", ");
}
