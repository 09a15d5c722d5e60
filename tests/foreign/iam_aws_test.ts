/**
 * Judge: the `aws` command line, on the simulated IAM and STS.
 *
 * Covers the way of somebody who learns: a user with a key who is refused, a policy, success, why;
 * then roles that are taken by a profile, groups, versions, pages and everything removed again.
 */
import assert from "node:assert/strict";
import { accountId, policy, statement, trustOf } from "../sim/identity/support.ts";
import { judgedIdentity } from "./iam_world.ts";
import { aws, mustRun, run } from "./tools.ts";

Deno.test("the aws command line judges the simulated IAM and STS", async (t) => {
  const cli = await aws();
  await using world = await judgedIdentity();
  const { env } = world;
  const json = async (args: string[], by = env) => {
    const said = await mustRun(cli, [...args, "--output", "json"], { env: by });
    return said.trim() === "" ? null : JSON.parse(said);
  };
  const refused = async (args: string[], by: Record<string, string>) => {
    const { code, stderr } = await run(cli, args, { env: by });
    assert.notEqual(code, 0, args.join(" "));
    return stderr;
  };
  const keyOf = (
    made: { AccessKeyId: string; SecretAccessKey: string; SessionToken?: string },
  ) => ({
    ...env,
    AWS_ACCESS_KEY_ID: made.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: made.SecretAccessKey,
    ...(made.SessionToken === undefined ? {} : { AWS_SESSION_TOKEN: made.SessionToken }),
  });
  const userArn = `arn:aws:iam::${accountId}:user/learner`;
  const readOnly = "arn:aws:iam::aws:policy/IAMReadOnlyAccess";
  let learner = env;

  await t.step("a user with a key is refused, and told what is missing", async () => {
    assert.equal((await json(["iam", "create-user", "--user-name", "learner"])).User.Arn, userArn);
    const made = await json(["iam", "create-access-key", "--user-name", "learner"]);
    learner = keyOf(made.AccessKey);
    assert.equal((await json(["sts", "get-caller-identity"], learner)).Arn, userArn);
    assert.match(
      await refused(["iam", "list-roles"], learner),
      /\(AccessDenied\) when calling the ListRoles operation: User: .*user\/learner is not authorized to perform: iam:ListRoles on resource: .* because no identity-based policy allows the iam:ListRoles action/,
    );
  });

  await t.step("a simulation says so as well; a policy makes it work", async () => {
    const simulate = async () => {
      const about = ["--policy-source-arn", userArn, "--action-names", "iam:ListRoles"];
      const said = await json(["iam", "simulate-principal-policy", ...about]);
      return said.EvaluationResults[0];
    };
    assert.equal((await simulate()).EvalDecision, "implicitDeny");
    const about = ["--user-name", "learner", "--policy-arn", readOnly];
    await json(["iam", "attach-user-policy", ...about]);
    const { EvalDecision, MatchedStatements } = await simulate();
    assert.equal(EvalDecision, "allowed");
    assert.equal(MatchedStatements[0].SourcePolicyId, "IAMReadOnlyAccess");
    assert.ok((await json(["iam", "list-roles"], learner)).Roles.length > 0);
  });

  await t.step("a role is made from files, taken, and narrowed", async () => {
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(`${folder}/trust.json`, trustOf({ AWS: userArn }));
    const lists = policy(statement("Allow", "iam:List*"));
    await Deno.writeTextFile(`${folder}/lists.json`, lists);
    const role = ["--role-name", "listers"];
    await json([
      ...["iam", "create-role", ...role, "--assume-role-policy-document"],
      ...[`file://${folder}/trust.json`, "--tags", "Key=team,Value=x"],
    ]);
    await json([
      ...["iam", "put-role-policy", ...role, "--policy-name", "lists"],
      ...["--policy-document", `file://${folder}/lists.json`],
    ]);
    const got = await json(["iam", "get-role-policy", ...role, "--policy-name", "lists"]);
    assert.deepEqual(got.PolicyDocument, JSON.parse(lists));
    const roleArn = `arn:aws:iam::${accountId}:role/listers`;
    const take = ["sts", "assume-role", "--role-arn", roleArn, "--role-session-name", "cli"];
    const session = keyOf((await json(take, learner)).Credentials);
    assert.match(
      (await json(["sts", "get-caller-identity"], session)).Arn,
      /assumed-role\/listers\/cli/,
    );
    assert.ok((await json(["iam", "list-users"], session)).Users.length > 0);
    assert.match(
      await refused(["iam", "create-user", "--user-name", "x"], session),
      /assumed-role\/listers\/cli is not authorized to perform: iam:CreateUser/,
    );
    await Deno.remove(folder, { recursive: true });
  });

  await t.step("a profile of the configuration takes the role by itself", async () => {
    // The command line keeps sessions of a profile below its home, and takes them the next time.
    const home = await Deno.makeTempDir();
    const config = `${home}/config`;
    const lines = [
      "[profile lister]",
      `role_arn = arn:aws:iam::${accountId}:role/listers`,
      "credential_source = Environment",
    ];
    await Deno.writeTextFile(config, `${lines.join("\n")}\n`);
    const by = { ...learner, HOME: home, AWS_CONFIG_FILE: config };
    const said = await json(["--profile", "lister", "sts", "get-caller-identity"], by);
    assert.match(said.Arn, /assumed-role\/listers\//);
    await Deno.remove(home, { recursive: true });
  });

  await t.step("pages, versions and details are what the command line expects", async () => {
    const groups = ["g0", "g1", "g2"];
    await Promise.all(groups.map((name) => json(["iam", "create-group", "--group-name", name])));
    const listed = await json(["iam", "list-groups", "--page-size", "2"]);
    assert.equal(listed.Groups.length, 3);
    const document = policy(statement("Allow", "s3:GetObject"));
    const made = await json([
      ...["iam", "create-policy", "--policy-name", "ours"],
      ...["--policy-document", document],
    ]);
    const arn = ["--policy-arn", made.Policy.Arn];
    await json([
      ...["iam", "create-policy-version", ...arn, "--policy-document", document],
      "--set-as-default",
    ]);
    const { Versions } = await json(["iam", "list-policy-versions", ...arn]);
    assert.deepEqual(
      Versions.map(({ VersionId, IsDefaultVersion }: Record<string, unknown>) => [
        VersionId,
        IsDefaultVersion,
      ]),
      [["v2", true], ["v1", false]],
    );
    const details = await json(["iam", "get-account-authorization-details"]);
    assert.ok(
      details.UserDetailList.some(({ UserName }: { UserName: string }) => UserName === "learner"),
    );
    assert.equal((await json(["iam", "get-account-summary"])).SummaryMap.Groups, 3);
  });

  await t.step("an inactive key is refused, and a malformed document named", async () => {
    const { AccessKeyMetadata } = await json(["iam", "list-access-keys", "--user-name", "learner"]);
    await json([
      ...["iam", "update-access-key", "--user-name", "learner", "--status", "Inactive"],
      ...["--access-key-id", AccessKeyMetadata[0].AccessKeyId],
    ]);
    assert.match(
      await refused(["sts", "get-caller-identity"], learner),
      /\(InvalidClientTokenId\).* The security token included in the request is invalid/,
    );
    const put = ["iam", "put-user-policy", "--user-name", "learner", "--policy-name", "p"];
    assert.match(
      await refused([...put, "--policy-document", "{}"], env),
      /\(MalformedPolicyDocument\)/,
    );
  });
});
