/**
 * Users, their keys and tags: CreateUser, GetUser, ListUsers, UpdateUser, DeleteUser, TagUser,
 * UntagUser, ListUserTags, PutUserPermissionsBoundary, DeleteUserPermissionsBoundary,
 * CreateAccessKey, ListAccessKeys, UpdateAccessKey, DeleteAccessKey, GetAccessKeyLastUsed.
 */
import assert from "node:assert/strict";
import { accountId, alice, asAlice, policy, refusal, startIdentity, statement } from "./support.ts";

Deno.test("a user is made, found, listed, renamed and removed", async () => {
  await using identity = await startIdentity();
  const { iam } = identity;
  const { User } = await iam("CreateUser", { UserName: "bob", Path: "/staff/" });
  assert.equal(User.Arn, `arn:aws:iam::${accountId}:user/staff/bob`);
  assert.match(User.UserId, /^AIDA[A-Z2-7]{17}$/);
  assert.match(User.CreateDate, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.deepEqual((await iam("GetUser", { UserName: "bob" })).User, User);
  const listed = await iam("ListUsers", { PathPrefix: "/staff/" });
  assert.deepEqual([listed.Users, listed.IsTruncated], [[User], "false"]);
  await iam("UpdateUser", { UserName: "bob", NewUserName: "robert", NewPath: "/" });
  const renamed = (await iam("GetUser", { UserName: "robert" })).User;
  assert.equal(renamed.UserId, User.UserId);
  assert.equal(renamed.Arn, `arn:aws:iam::${accountId}:user/robert`);
  await iam("DeleteUser", { UserName: "robert" });
  assert.equal(
    await refusal(iam("GetUser", { UserName: "robert" })),
    "404 NoSuchEntity: The user with name robert cannot be found.",
  );
});

Deno.test("GetUser without a name is about oneself", async () => {
  await using identity = await startIdentity();
  const { iam } = identity;
  await iam("PutUserPolicy", {
    UserName: "alice",
    PolicyName: "self",
    PolicyDocument: policy(
      statement("Allow", "iam:GetUser", "arn:aws:iam::*:user/${aws:username}"),
    ),
  });
  assert.equal((await iam("GetUser", {}, asAlice)).User.UserName, "alice");
  assert.match(await refusal(iam("GetUser", { UserName: "bob" }, asAlice)), /^403 AccessDenied/);
});

Deno.test("names that differ in case alone exclude each other, and wrong ones are refused", async () => {
  await using identity = await startIdentity();
  const { iam } = identity;
  assert.equal(
    await refusal(iam("CreateUser", { UserName: "Alice" })),
    "409 EntityAlreadyExists: User with name Alice already exists.",
  );
  assert.equal(
    await refusal(iam("CreateUser", { UserName: "a b" })),
    "400 ValidationError: The specified value for userName is invalid. It must contain only " +
      "alphanumeric characters and/or the following: +=,.@_-",
  );
  assert.match(
    await refusal(iam("CreateUser", { UserName: "x".repeat(65) })),
    /at 'userName' failed to satisfy constraint: Member must have length less than or equal to 64$/,
  );
  assert.equal(
    await refusal(iam("CreateUser", {})),
    "400 ValidationError: 1 validation error detected: Value null at 'userName' failed to " +
      "satisfy constraint: Member must not be null",
  );
  assert.match(await refusal(iam("CreateUser", { UserName: "x", Path: "no/" })), /for path is inv/);
});

Deno.test("a user who still has something is not removed", async () => {
  await using identity = await startIdentity();
  const { iam } = identity;
  const conflict = (what: string) =>
    `409 DeleteConflict: Cannot delete entity, must ${what} first.`;
  const remove = () => iam("DeleteUser", { UserName: "alice" });
  await iam("CreateGroup", { GroupName: "g" });
  await iam("AddUserToGroup", { GroupName: "g", UserName: "alice" });
  assert.equal(await refusal(remove()), conflict("remove users from group"));
  await iam("RemoveUserFromGroup", { GroupName: "g", UserName: "alice" });
  assert.equal(await refusal(remove()), conflict("delete policies"));
  await iam("DeleteUserPolicy", { UserName: "alice", PolicyName: "reads" });
  assert.equal(await refusal(remove()), conflict("delete access keys"));
  await iam("DeleteAccessKey", { UserName: "alice", AccessKeyId: alice.accessKeyId });
  await remove();
});

Deno.test("tags are set, changed whatever their case, listed and taken away; 50 at most", async () => {
  await using identity = await startIdentity();
  const { iam } = identity;
  const tag = (Key: string, Value: string) => ({ Key, Value });
  await iam("TagUser", { UserName: "alice", Tags: [tag("Team", "x"), tag("b", "1")] });
  await iam("TagUser", { UserName: "alice", Tags: [tag("team", "y")] });
  const list = await iam("ListUserTags", { UserName: "alice" });
  assert.deepEqual(list.Tags, [tag("b", "1"), tag("team", "y")]);
  await iam("UntagUser", { UserName: "alice", TagKeys: ["TEAM", "nothing"] });
  assert.deepEqual((await iam("GetUser", { UserName: "alice" })).User.Tags, [tag("b", "1")]);
  const many = Array.from({ length: 50 }, (_, at) => tag(`k${at}`, ""));
  assert.match(
    await refusal(iam("TagUser", { UserName: "alice", Tags: many })),
    /^409 LimitExceeded/,
  );
  assert.match(
    await refusal(iam("TagUser", { UserName: "alice", Tags: [tag("a", "1"), tag("A", "2")] })),
    /^400 InvalidInput: Duplicate tag keys found/,
  );
});

Deno.test("a boundary forbids what a policy allows, until it is taken away", async () => {
  await using identity = await startIdentity();
  const { iam, sts } = identity;
  await iam("AttachUserPolicy", {
    UserName: "alice",
    PolicyArn: "arn:aws:iam::aws:policy/IAMFullAccess",
  });
  await iam("ListUsers", {}, asAlice);
  const boundary = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
  await iam("PutUserPermissionsBoundary", { UserName: "alice", PermissionsBoundary: boundary });
  assert.match(
    await refusal(iam("ListUsers", {}, asAlice)),
    /user\/alice is not authorized to perform: iam:ListUsers on resource: .* because no permissions boundary allows the iam:ListUsers action$/,
  );
  const { User } = await iam("GetUser", { UserName: "alice" });
  assert.equal(User.PermissionsBoundary.PermissionsBoundaryArn, boundary);
  assert.equal((await sts("GetCallerIdentity", {}, asAlice)).Account, accountId);
  await iam("DeleteUserPermissionsBoundary", { UserName: "alice" });
  await iam("ListUsers", {}, asAlice);
  const gone = `arn:aws:iam::${accountId}:policy/gone`;
  assert.match(
    await refusal(iam("PutUserPermissionsBoundary", {
      UserName: "alice",
      PermissionsBoundary: gone,
    })),
    /^404 NoSuchEntity/,
  );
});

Deno.test("a key works from its making, not while it is inactive, never after its end", async () => {
  await using identity = await startIdentity();
  const { iam, sts } = identity;
  await iam("CreateUser", { UserName: "bob" });
  const { AccessKey } = await iam("CreateAccessKey", { UserName: "bob" });
  assert.match(AccessKey.AccessKeyId, /^AKIA[A-Z2-7]{16}$/);
  assert.equal(AccessKey.SecretAccessKey.length, 40);
  const bob = {
    accessKeyId: AccessKey.AccessKeyId,
    secretAccessKey: AccessKey.SecretAccessKey,
  };
  const whoAmI = async () => (await sts("GetCallerIdentity", {}, bob)).Arn;
  assert.equal(await whoAmI(), `arn:aws:iam::${accountId}:user/bob`);
  const about = { UserName: "bob", AccessKeyId: bob.accessKeyId };
  const unknown =
    "403 InvalidClientTokenId: The security token included in the request is invalid.";
  await iam("UpdateAccessKey", { ...about, Status: "Inactive" });
  assert.equal(await refusal(whoAmI()), unknown);
  const { AccessKeyMetadata } = await iam("ListAccessKeys", { UserName: "bob" });
  assert.deepEqual(AccessKeyMetadata.map(({ Status }: { Status: string }) => Status), ["Inactive"]);
  assert.equal("SecretAccessKey" in AccessKeyMetadata[0], false);
  await iam("UpdateAccessKey", { ...about, Status: "Active" });
  await whoAmI();
  await iam("DeleteAccessKey", about);
  assert.equal(await refusal(whoAmI()), unknown);
  assert.equal(
    await refusal(iam("DeleteAccessKey", about)),
    `404 NoSuchEntity: The Access Key with id ${bob.accessKeyId} cannot be found.`,
  );
});

Deno.test("two keys for each user, and when one was used last", async () => {
  await using identity = await startIdentity();
  const { iam } = identity;
  const used = async (AccessKeyId: string) =>
    (await iam("GetAccessKeyLastUsed", { AccessKeyId })).AccessKeyLastUsed;
  assert.deepEqual(await used(alice.accessKeyId), { ServiceName: "N/A", Region: "N/A" });
  await refusal(iam("ListUsers", {}, asAlice));
  assert.equal((await used(alice.accessKeyId)).ServiceName, "iam");
  await iam("CreateAccessKey", { UserName: "alice" });
  assert.equal(
    await refusal(iam("CreateAccessKey", { UserName: "alice" })),
    "409 LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2",
  );
});
