/**
 * Each permission of the policy files is needed: without it some run is refused, in AWS's words,
 * which name the principal, the action and the resource. The cases are made from the files, so
 * that a new action has its test.
 */
import assert from "node:assert/strict";
import { readPolicies, roleNames } from "../../pipelines/deploy/policies/mod.ts";
import { resourcesOf } from "../../pipelines/resources.ts";
import { type Identities, idOfSeed, placeOf } from "../../sim/mod.ts";
import { play } from "./policy_child.ts";
import type { Denied, Work } from "./policy_runs.ts";

const seed = 1;
const resources = resourcesOf(idOfSeed(seed));
const { accountId } = placeOf({ seed, resources });
const identities = await readPolicies(resources, placeOf({ seed, resources }));

interface Permission {
  file: "person" | typeof roleNames[number];
  action: string;
  resource: string;
}

interface Statement {
  Action: string | string[];
  Resource: string | string[];
}

function textOf(given: Identities, file: Permission["file"]): string {
  return file === "person" ? given.person : given.roles[file].permissions;
}

/** One statement for each action on each resource. */
function permissionsIn(file: Permission["file"]): Permission[] {
  const { Statement } = JSON.parse(textOf(identities, file)) as { Statement: Statement[] };
  return Statement.flatMap(({ Action, Resource }) =>
    [Action].flat().flatMap((action) =>
      [Resource].flat().map((resource) => ({ file, action, resource }))
    )
  );
}

/** The policies with all permissions of the file but one. */
function without(one: Permission): Identities {
  const left = permissionsIn(one.file).filter(({ action, resource }) =>
    action !== one.action || resource !== one.resource
  );
  const text = JSON.stringify({
    Version: "2012-10-17",
    Statement: left.map(({ action, resource }) => ({
      Effect: "Allow",
      Action: action,
      Resource: resource,
    })),
  });
  const { person, roles } = identities;
  if (one.file === "person") return { person: text, roles };
  return { person, roles: { ...roles, [one.file]: { ...roles[one.file], permissions: text } } };
}

/** The work that cannot be done without it. */
function workOf({ file, action, resource }: Permission): Work {
  if (file === "gateway") return action === "kinesis:PutRecords" ? "stream" : "routes";
  if (/:streaming-|\/PUT\/streams\//.test(resource) || action.startsWith("kinesis:")) {
    return "stream";
  }
  return resource.includes("/delta/") ? "stream" : "batch";
}

/** As a denial names it. */
function principalOf(file: Permission["file"]): RegExp {
  if (file === "person") return new RegExp(`:user/${resources.id} `);
  return new RegExp(`:assumed-role/${resources.roles[file]}/[^ ]+ `);
}

function patternOf(resource: string): RegExp {
  const pattern = RegExp.escape(resource).replaceAll("\\*", ".*");
  // Documented: API Gateway shows the last four digits of the account.
  return new RegExp(
    `"?${pattern.replace(accountId, `(?:${accountId}|\\*{8}${accountId.slice(8)})`)}`,
  );
}

function check({ failed, words }: Denied, { file, action, resource }: Permission): void {
  assert.ok(failed, "the work was done all the same");
  const denial = `is not authorized to perform: ${action} on resource: `;
  const named = words.filter((text) => text.includes(denial));
  const found = named.find((text) =>
    principalOf(file).test(text) && patternOf(resource).test(text.split(denial)[1] ?? "") &&
    text.includes(`because no identity-based policy allows the ${action} action`)
  );
  assert.ok(found, `no denial names it; told were:\n${words.join("\n")}`);
}

Deno.test("with all of their policies every work is done", async () => {
  for (const work of ["batch", "stream", "routes"] as const) {
    const { failed, words } = await play("denied", { work, identities });
    assert.equal(failed, null, `${work}: ${failed}\n${words.join("\n")}`);
  }
});

for (const file of ["person", ...roleNames] as const) {
  for (const permission of permissionsIn(file)) {
    const { action, resource } = permission;
    Deno.test(`${file}.json needs ${action} on ${resource.split(/[:/]/).at(-1)}`, async () => {
      const given = { work: workOf(permission), identities: without(permission) };
      check(await play("denied", given), permission);
    });
  }
}
