/**
 * The SDK for JavaScript in a process of its own: prints a line for each part that holds.
 *
 * Arguments: the modules of its clients of IAM and of STS, which are installed below `.tools`.
 */
import assert from "node:assert/strict";

type Answer = Record<string, unknown>;
interface Client {
  send(command: unknown): Promise<Answer>;
}
type Made = new (input: Answer) => unknown;
type Clients = Record<string, Made> & { IAMClient: new (input: Answer) => Client } & {
  STSClient: new (input: Answer) => Client;
} & { paginateListUsers(config: Answer, input: Answer): AsyncIterable<Answer> };

const [iamModule = "", stsModule = ""] = Deno.args;
const iamClients: Clients = await import(iamModule);
const stsClients: Clients = await import(stsModule);

function made(clients: Clients, name: string): Made {
  const found = clients[`${name}Command`];
  assert.ok(found, name);
  return found;
}

const iam = new iamClients.IAMClient({});
const sts = new stsClients.STSClient({});
const ask = (name: string, input: Answer = {}, client = iam) =>
  client.send(new (made(iamClients, name))(input));
const askSts = (name: string, input: Answer = {}, client = sts) =>
  client.send(new (made(stsClients, name))(input));

async function refusedWith(name: string, answering: Promise<unknown>): Promise<string> {
  const error: Error = await answering.then(() => new Error("It was not refused"), (one) => one);
  assert.equal(error.name, name, error.message);
  return error.message;
}

function keyIn(made: unknown): Answer {
  const { AccessKeyId, SecretAccessKey, SessionToken } = made as Record<string, string>;
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

function document(principal: Answer | null, action: string): string {
  const whom = principal === null ? { Resource: "*" } : { Principal: principal };
  const statement = { Effect: "Allow", Action: action, ...whom };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

const user = (await ask("CreateUser", { UserName: "js", Tags: [{ Key: "a", Value: "é" }] })).User;
const { Arn: userArn, CreateDate } = user as { Arn: string; CreateDate: Date };
assert.ok(CreateDate instanceof Date);
await refusedWith("EntityAlreadyExistsException", ask("CreateUser", { UserName: "js" }));
await refusedWith("NoSuchEntityException", ask("GetUser", { UserName: "nobody" }));
const credentials = keyIn((await ask("CreateAccessKey", { UserName: "js" })).AccessKey);
const theirs = new iamClients.IAMClient({ credentials });
const refused = await refusedWith("AccessDenied", ask("ListRoles", {}, theirs));
assert.match(refused, /user\/js is not authorized to perform: iam:ListRoles on resource/);
console.log("users, keys and errors by name");

await ask("PutUserPolicy", {
  UserName: "js",
  PolicyName: "lists",
  PolicyDocument: document(null, "iam:ListRoles"),
});
await ask("ListRoles", {}, theirs);
for (let at = 0; at < 5; at++) await ask("CreateUser", { UserName: `n${at}`, Path: "/n/" });
const counts: number[] = [];
const pages = iamClients.paginateListUsers({ client: iam, pageSize: 2 }, { PathPrefix: "/n/" });
for await (const page of pages) counts.push((page.Users as unknown[]).length);
assert.deepEqual(counts, [2, 2, 1]);
console.log("policies and pages");

const role = await ask("CreateRole", {
  RoleName: "js-role",
  AssumeRolePolicyDocument: document({ AWS: userArn }, "sts:AssumeRole"),
});
const take = { RoleArn: (role.Role as Answer).Arn, RoleSessionName: "js" };
const theirSts = new stsClients.STSClient({ credentials });
const taken = await askSts("AssumeRole", take, theirSts);
const { Expiration } = taken.Credentials as { Expiration: Date };
assert.ok(Expiration.getTime() > Date.now() + 3_500_000);
const session = new stsClients.STSClient({ credentials: keyIn(taken.Credentials) });
const { Arn } = await askSts("GetCallerIdentity", {}, session);
assert.match(String(Arn), /assumed-role\/js-role\/js$/);
await refusedWith("AccessDenied", askSts("AssumeRole", take));
await refusedWith(
  "MalformedPolicyDocumentException",
  askSts("AssumeRole", { ...take, Policy: "{" }, theirSts),
);
console.log("roles and sessions");

const simulated = await ask("SimulatePrincipalPolicy", {
  PolicySourceArn: userArn,
  ActionNames: ["iam:ListRoles", "iam:ListUsers"],
});
const results = simulated.EvaluationResults as Answer[];
assert.deepEqual(results.map((one) => one.EvalDecision), ["allowed", "implicitDeny"]);
const summary = (await ask("GetAccountSummary")).SummaryMap as Answer;
assert.equal(summary.AccessKeysPerUserQuota, 2);
console.log("simulations and the summary");
