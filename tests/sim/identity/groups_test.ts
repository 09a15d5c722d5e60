/**
 * Groups: CreateGroup, GetGroup, ListGroups, UpdateGroup, DeleteGroup, AddUserToGroup,
 * RemoveUserFromGroup, ListGroupsForUser.
 */
import assert from "node:assert/strict";
import {
  accountId,
  asAlice,
  policy,
  refusal,
  type Said,
  startIdentity,
  statement,
} from "./support.ts";

const names = (list: Said[], field: string) => list.map((one) => one[field]);

Deno.test("a user has the policies of its groups, until it leaves", async () => {
  await using identity = await startIdentity();
  const { iam } = identity;
  const { Group } = await iam("CreateGroup", { GroupName: "readers" });
  assert.equal(Group.Arn, `arn:aws:iam::${accountId}:group/readers`);
  await iam("PutGroupPolicy", {
    GroupName: "readers",
    PolicyName: "lists",
    PolicyDocument: policy(statement("Allow", "iam:ListUsers")),
  });
  assert.match(await refusal(iam("ListUsers", {}, asAlice)), /^403 AccessDenied/);
  await iam("AddUserToGroup", { GroupName: "readers", UserName: "alice" });
  await iam("AddUserToGroup", { GroupName: "readers", UserName: "alice" });
  await iam("ListUsers", {}, asAlice);
  assert.deepEqual(names((await iam("GetGroup", { GroupName: "readers" })).Users, "UserName"), [
    "alice",
  ]);
  assert.deepEqual(
    names((await iam("ListGroupsForUser", { UserName: "alice" })).Groups, "GroupName"),
    ["readers"],
  );
  await iam("RemoveUserFromGroup", { GroupName: "readers", UserName: "alice" });
  assert.match(await refusal(iam("ListUsers", {}, asAlice)), /^403 AccessDenied/);
});

Deno.test("a renamed group keeps its users and policies; one with users is not removed", async () => {
  await using identity = await startIdentity();
  const { iam } = identity;
  await iam("CreateGroup", { GroupName: "old" });
  await iam("AttachGroupPolicy", {
    GroupName: "old",
    PolicyArn: "arn:aws:iam::aws:policy/IAMReadOnlyAccess",
  });
  await iam("AddUserToGroup", { GroupName: "old", UserName: "alice" });
  await iam("UpdateGroup", { GroupName: "old", NewGroupName: "new", NewPath: "/p/" });
  await iam("ListUsers", {}, asAlice);
  const listed = await iam("ListGroups", { PathPrefix: "/p/" });
  assert.deepEqual(names(listed.Groups, "Arn"), [`arn:aws:iam::${accountId}:group/p/new`]);
  assert.equal(
    await refusal(iam("DeleteGroup", { GroupName: "new" })),
    "409 DeleteConflict: Cannot delete entity, must remove users from group first.",
  );
  await iam("RemoveUserFromGroup", { GroupName: "new", UserName: "alice" });
  assert.equal(
    await refusal(iam("DeleteGroup", { GroupName: "new" })),
    "409 DeleteConflict: Cannot delete entity, must detach all policies first.",
  );
  await iam("DetachGroupPolicy", {
    GroupName: "new",
    PolicyArn: "arn:aws:iam::aws:policy/IAMReadOnlyAccess",
  });
  await iam("DeleteGroup", { GroupName: "new" });
  assert.equal(
    await refusal(iam("GetGroup", { GroupName: "new" })),
    "404 NoSuchEntity: The group with name new cannot be found.",
  );
});
