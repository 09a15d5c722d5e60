/** Requests that nobody would send: each is answered or refused in AWS's words, never our bug. */
import assert from "node:assert/strict";
import { ServiceError } from "../../../sim/errors.ts";
import { iamActions } from "../../../sim/identity/iam_actions.ts";
import { parseParameters } from "../../../sim/identity/query.ts";
import { stsActions } from "../../../sim/identity/sts_actions.ts";
import { fields } from "../../../sim/identity/xml.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { opened, readsLogs, trustOf } from "../iam/account/support.ts";
import { accountId, administrator, alice, formOf, type Given } from "./support.ts";

const names = [
  "alice",
  "machine",
  "root-like",
  "__proto__",
  "x",
  "",
  "../..",
  "ü",
  "a".repeat(200),
];
const arns = [
  "arn:aws:iam::aws:policy/AdministratorAccess",
  `arn:aws:iam::${accountId}:policy/x`,
  `arn:aws:iam::${accountId}:user/alice`,
  `arn:aws:iam::${accountId}:role/machine`,
  `arn:aws:iam::${accountId}:role/../machine`,
  "arn:aws:iam::::",
  "arn:aws:iam::aws:policy/__proto__",
];
const documents = [
  readsLogs,
  trustOf({ AWS: `arn:aws:iam::${accountId}:user/alice` }),
  trustOf("*"),
  "{}",
  "null",
  "[]",
  '"Statement"',
  '{"Statement":null}',
  '{"Version":"2012-10-17","Statement":[null]}',
  '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":[1,null]},"Action":1}}',
  '{"__proto__":{"Statement":[]},"Version":"2012-10-17"}',
  "[".repeat(60_000),
  `{"Statement":${"[".repeat(30_000)}${"]".repeat(30_000)}}`,
  `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"${
    "*?".repeat(2000)
  }","Resource":"*"}}`,
];
const words = [
  "Active",
  "true",
  "false",
  "0",
  "-1",
  "1000",
  "3600",
  "v1",
  "v99",
  "All",
  "Local",
  "1e9",
];
const all = [...names, ...arns, ...documents, ...words];

/** Every name that a request of any action can hold. */
const parameters = [
  ...["UserName", "NewUserName", "GroupName", "NewGroupName", "RoleName", "PolicyName", "Path"],
  ...["NewPath", "PathPrefix", "PolicyArn", "PolicyDocument", "AssumeRolePolicyDocument", "Status"],
  ...["InstanceProfileName", "AccessKeyId", "PermissionsBoundary", "Description", "VersionId"],
  ...["MaxSessionDuration", "SetAsDefault", "Scope", "OnlyAttached", "EntityFilter", "Marker"],
  ...["MaxItems", "AccountAlias", "PolicySourceArn", "ResourcePolicy", "CallerArn", "RoleArn"],
  ...["RoleSessionName", "DurationSeconds", "Policy", "ExternalId", "PolicyUsageFilter"],
];
const lists = ["ActionNames", "ResourceArns", "PolicyInputList", "TagKeys", "Filter"];

type Roll = () => number;

function pick<T>(from: readonly T[], roll: Roll): T {
  return from[Math.floor(roll() * from.length)]!;
}

const fitting: Readonly<Record<string, readonly string[]>> = {
  Path: ["/", "/p/"],
  NewPath: ["/"],
  PathPrefix: ["/"],
  Status: ["Active"],
  VersionId: ["v1", "v2"],
  MaxItems: ["1", "1000"],
  MaxSessionDuration: ["3600"],
  DurationSeconds: ["900"],
  SetAsDefault: ["true"],
  OnlyAttached: ["false"],
  Scope: ["All"],
  EntityFilter: ["User"],
  PolicyUsageFilter: ["PermissionsPolicy"],
  AccountAlias: ["alias"],
  AccessKeyId: [alice.accessKeyId],
  RoleSessionName: ["s1"],
  ExternalId: ["e1"],
};

/** Fitting values more often than others, so that a request comes far. */
function valueFor(name: string, roll: Roll): string {
  if (roll() < 0.03) return pick(all, roll);
  if (/Arn$|Boundary/.test(name)) return pick(arns, roll);
  if (/Document$|^Policy$|ResourcePolicy/.test(name)) {
    return pick(roll() < 0.7 ? documents.slice(0, 3) : documents, roll);
  }
  if (name.startsWith("New")) return pick(["x", "y", "/"], roll);
  return pick(fitting[name] ?? names.slice(0, 5), roll);
}

function oddRequest(roll: Roll): Given {
  const given: Record<string, Given> = {};
  for (const name of parameters) {
    const isRare = name === "Marker" || name === "CallerArn";
    if (roll() < (isRare ? 0.02 : 0.85)) given[name] = valueFor(name, roll);
  }
  for (const name of lists) {
    const isDocument = name === "PolicyInputList";
    const from = isDocument ? documents : roll() < 0.5 ? ["s3:GetObject", "*", "User"] : all;
    if (roll() < 0.7) given[name] = [pick(from, roll), pick(from, roll)];
  }
  const Tags = [{ Key: pick(names, roll), Value: pick(words, roll) }, { Key: "k", Value: "v" }];
  if (roll() < 0.5) given.Tags = roll() < 0.2 ? pick(all, roll) : Tags;
  if (roll() < 0.3) given.PolicyArns = [{ arn: pick(arns, roll) }];
  const values = [pick(all, roll)];
  const entry = { ContextKeyName: "aws:username", ContextKeyValues: values };
  if (roll() < 0.4) given.ContextEntries = [entry];
  return given;
}

Deno.test("no request, however odd, is a bug of ours, and the account stays readable", () => {
  const roll = worldFromSeed(11).random("odd requests");
  const dir = Deno.makeTempDirSync();
  let [answered, refused] = [0, 0];
  {
    using world = opened({ dir });
    const { account } = world;
    for (let round = 0; round < 25; round++) {
      for (const [name, action] of [...iamActions, ...stsActions]) {
        const principal = account.keyOf(administrator.accessKeyId)?.principal;
        if (principal === undefined) break;
        try {
          const form = parseParameters(formOf(oddRequest(roll)));
          assert.ok(form, name);
          const { asks, run } = action(form, { account, principal });
          for (const asking of asks) account.refusalOf({ principal, ...asking, action: "iam:X" });
          assert.equal(typeof fields(run() ?? {}), "string");
          answered += 1;
        } catch (error) {
          if (!(error instanceof ServiceError)) throw error;
          refused += 1;
        }
      }
    }
  }
  assert.ok(answered > 200 && refused > 200, `${answered} answered, ${refused} refused`);
  opened({ dir })[Symbol.dispose]();
  Deno.removeSync(dir, { recursive: true });
});
