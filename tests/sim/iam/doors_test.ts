/** S3, Kinesis and MySQL behind the account itself: what policies say is what they do. */
import assert from "node:assert/strict";
import { type Account, type IamMode, openAccount } from "../../../sim/iam/account/mod.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { bucket, type RawRequest, region, send, startTestS3, tag } from "../s3/helper.ts";
import { GuardedKinesis } from "../kinesis/door_support.ts";

const admin = { accessKeyId: "AKIAADMINADMINADMIN1", secretAccessKey: "admin" };
const reader = { accessKeyId: "AKIAREADERREADERREA1", secretAccessKey: "reader" };
const b = `arn:aws:s3:::${bucket}`;

const policyOf = (...Statement: unknown[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const statement = (Action: string | string[], Resource: string | string[], more: object = {}) => {
  return { Effect: "Allow", Action, Resource, ...more };
};

/** `reader` may read `own/`, list it, and nothing else. */
const readerPolicy = policyOf(
  statement("s3:GetObject", `${b}/own/*`),
  statement("s3:ListBucket", b, { Condition: { StringLike: { "s3:prefix": ["own/*"] } } }),
);

function accountIn(dir: string, policy: string, mode: IamMode = "enforce"): Account {
  const world = worldFromSeed(1);
  return openAccount({
    dir,
    world,
    region,
    mode,
    seed: {
      administrator: { name: "admin", ...admin },
      users: [{ name: "reader", ...reader, policies: { reads: policy } }],
      roles: [],
    },
  });
}

async function open(mode?: IamMode) {
  const dir = Deno.makeTempDirSync();
  const account = accountIn(dir, readerPolicy, mode);
  const s3 = await startTestS3({ door: account });
  const ask = async (method: string, key: string, more: Partial<RawRequest> = {}) => {
    const path = key === "" ? `/${bucket}` : `/${bucket}/${key}`;
    const reply = await send(s3.port, { method, path, signer: reader, ...more });
    return reply.status === 200 || reply.status === 204
      ? reply.text
      : `${reply.status} ${tag(reply.text, "Code")} ${tag(reply.text, "Message")}`
        .replaceAll("&quot;", '"');
  };
  const asAdmin = { signer: admin };
  await ask("PUT", "own/a", { ...asAdmin, body: "A" });
  await ask("PUT", "other/b", { ...asAdmin, body: "B" });
  const putPolicy = (text: string) =>
    ask("PUT", "", { ...asAdmin, query: { policy: "" }, body: text });
  return {
    account,
    ask,
    asAdmin,
    putPolicy,
    async [Symbol.asyncDispose]() {
      await s3[Symbol.asyncDispose]();
      account[Symbol.dispose]();
      Deno.removeSync(dir, { recursive: true });
    },
  };
}

function refused(account: Account, action: string, resource: string, because?: string): string {
  const reason = because ?? `because no identity-based policy allows the ${action} action`;
  return `403 AccessDenied User: arn:aws:iam::${account.accountId}:user/reader is not authorized ` +
    `to perform: ${action} on resource: "${resource}" ${reason}`;
}

Deno.test("an identity policy says which keys of a bucket somebody reads and lists", async () => {
  await using world = await open();
  const { account, ask } = world;
  assert.equal(await ask("GET", "own/a"), "A");
  assert.equal(await ask("GET", "other/b"), refused(account, "s3:GetObject", `${b}/other/b`));
  assert.equal(await ask("PUT", "own/a"), refused(account, "s3:PutObject", `${b}/own/a`));
  const list = (query: Record<string, string>) => ask("GET", "", { query });
  assert.match(await list({ "list-type": "2", prefix: "own/" }), /<Key>own\/a<\/Key>/);
  assert.equal(await list({ prefix: "other/" }), refused(account, "s3:ListBucket", b));
  assert.equal(await list({}), refused(account, "s3:ListBucket", b));
  // Without a prefix its list is not his, so he is not told that the key is missing.
  assert.equal(await ask("GET", "own/none"), refused(account, "s3:ListBucket", b));
});

Deno.test("a bucket's policy lets in the users it names, and denies whoever it denies", async () => {
  await using world = await open();
  const { account, ask, asAdmin, putPolicy } = world;
  const Principal = { AWS: `arn:aws:iam::${account.accountId}:user/reader` };
  assert.equal(
    await putPolicy(policyOf(statement("s3:GetObject", `${b}/other/*`, { Principal }))),
    "",
  );
  assert.equal(await ask("GET", "other/b"), "B");
  const deny = statement("s3:*", `${b}/own/*`, { Principal: "*", Effect: "Deny" });
  await putPolicy(policyOf(deny));
  const because = "with an explicit deny in a resource-based policy";
  assert.equal(await ask("GET", "own/a"), refused(account, "s3:GetObject", `${b}/own/a`, because));
  assert.match(
    await ask("GET", "own/a", asAdmin),
    /with an explicit deny in a resource-based policy/,
  );
  assert.equal(await ask("DELETE", "", { ...asAdmin, query: { policy: "" } }), "");
  assert.equal(await ask("GET", "own/a"), "A");
});

Deno.test("a public bucket is read by everybody, and by nobody else's leave written", async () => {
  await using world = await open();
  const { ask, putPolicy } = world;
  const nobody = { signer: null };
  assert.equal(await ask("GET", "own/a", nobody), "403 AccessDenied Access Denied");
  await putPolicy(policyOf(statement("s3:GetObject", `${b}/*`, { Principal: "*" })));
  assert.equal(await ask("GET", "own/a", nobody), "A");
  assert.equal(await ask("GET", "own/none", nobody), "403 AccessDenied Access Denied");
  assert.equal(
    await ask("PUT", "own/a", { ...nobody, body: "x" }),
    "403 AccessDenied Access Denied",
  );
  const lists = statement("s3:ListBucket", b, { Principal: "*" });
  await putPolicy(policyOf(statement("s3:GetObject", `${b}/*`, { Principal: "*" }), lists));
  assert.match(await ask("GET", "own/none", nobody), /^404 NoSuchKey/);
});

Deno.test("conditions look at tags, headers and the way a request was signed", async () => {
  await using world = await open();
  const { account, ask, asAdmin, putPolicy } = world;
  const Principal = { AWS: account.accountId };
  const tagged = { "x-amz-tagging": "class=public" };
  await ask("PUT", "other/t", { ...asAdmin, headers: tagged, body: "T" });
  await putPolicy(policyOf(
    statement("s3:GetObject", `${b}/*`, {
      Principal: { AWS: `arn:aws:iam::${account.accountId}:user/reader` },
      Condition: { StringEquals: { "s3:ExistingObjectTag/class": "public" } },
    }),
    statement("s3:PutObject", `${b}/*`, {
      Effect: "Deny",
      Principal: "*",
      Condition: { Null: { "s3:x-amz-server-side-encryption": "true" } },
    }),
    statement("s3:*", [b, `${b}/*`], {
      Effect: "Deny",
      Principal,
      Condition: { StringNotEquals: { "s3:authType": "REST-HEADER" } },
    }),
  ));
  assert.equal(await ask("GET", "other/t"), "T");
  assert.equal(await ask("GET", "other/b"), refused(account, "s3:GetObject", `${b}/other/b`));
  assert.match(await ask("PUT", "x", { ...asAdmin, body: "x" }), /^403 AccessDenied/);
  const headers = { "x-amz-server-side-encryption": "AES256" };
  assert.equal(await ask("PUT", "x", { ...asAdmin, headers, body: "x" }), "");
});

Deno.test("with IAM off every known key may all, and who proves nothing still may not", async () => {
  await using world = await open("off");
  const { ask, asAdmin } = world;
  assert.equal(await ask("PUT", "own/a", { body: "new" }), "");
  assert.equal(await ask("GET", "own/a", asAdmin), "new");
  assert.equal(await ask("GET", "own/a", { signer: null }), "403 AccessDenied Access Denied");
});

Deno.test("a stream is written by whom its own policy names, and by the tags it has", () => {
  const dir = Deno.makeTempDirSync();
  const account = accountIn(
    dir,
    policyOf(statement("kinesis:Describe*", "*", {
      Condition: { StringEquals: { "aws:ResourceTag/team": "a" } },
    })),
  );
  using _closing = account;
  using kinesis = new GuardedKinesis({ door: account, accountId: account.accountId });
  const StreamName = "s";
  const ResourceARN = `arn:aws:kinesis:us-east-1:${account.accountId}:stream/s`;
  const outcome = (action: string, request: object, signer = reader) => {
    const { status, body } = kinesis.ask(action, request, signer);
    return status === 200 ? "good" : body.Message ?? body.__type;
  };
  const put = { StreamName, Data: "eA==", PartitionKey: "k" };
  const because = (action: string) =>
    `User: arn:aws:iam::${account.accountId}:user/reader is not authorized to perform: ${action} ` +
    `on resource: ${ResourceARN} because no identity-based policy allows the ${action} action`;
  assert.equal(outcome("CreateStream", { StreamName, ShardCount: 1 }, admin), "good");
  assert.equal(outcome("PutRecord", put), because("kinesis:PutRecord"));
  assert.equal(outcome("DescribeStream", { StreamName }), because("kinesis:DescribeStream"));
  outcome("AddTagsToStream", { StreamName, Tags: { team: "a" } }, admin);
  assert.equal(outcome("DescribeStream", { StreamName }), "good");
  const Policy = policyOf(statement("kinesis:PutRecord", ResourceARN, {
    Principal: { AWS: `arn:aws:iam::${account.accountId}:user/reader` },
  }));
  assert.equal(outcome("PutResourcePolicy", { ResourceARN, Policy }, admin), "good");
  assert.equal(outcome("PutRecord", put), "good");
  assert.equal(outcome("DeleteResourcePolicy", { ResourceARN }, admin), "good");
  assert.equal(outcome("PutRecord", put), because("kinesis:PutRecord"));
  Deno.removeSync(dir, { recursive: true });
});
