/**
 * CreateUser: a name -> a user who may nothing yet.
 *
 * Source: IAM API reference, CreateUser.
 */
import { newUser } from "../../iam/account/made.ts";
import { action } from "../action.ts";
import { andTags, onNew, requestTags, withBoundary } from "../asking.ts";
import { path, policyArn, tags, userName } from "../fields.ts";
import { boundaryMustBe, mustBeFree, mustHaveRoom } from "../lookups.ts";
import { required } from "../shapes.ts";
import { addTags } from "../tagging.ts";
import { userShown } from "../views.ts";

export const createUser = action({
  shape: { UserName: required(userName), Path: path, PermissionsBoundary: policyArn, Tags: tags },
  asks: ({ UserName: name, Path, PermissionsBoundary, Tags }, call) => {
    const context = { ...requestTags(Tags), ...withBoundary(PermissionsBoundary) };
    return andTags(onNew("user", { name, path: Path }, call, context), Tags, "iam:TagUser");
  },
  run: (request, { account }) => {
    const { UserName: name, Path, PermissionsBoundary = null, Tags } = request;
    mustHaveRoom("users", account);
    mustBeFree(account.entities.users, name, `User with name ${name} already exists.`);
    boundaryMustBe(PermissionsBoundary, account.entities);
    const user = newUser({ name, path: Path, nowMs: account.nowMs() });
    user.boundary = PermissionsBoundary;
    addTags(user.tags, Tags);
    account.change(({ users }) => users.set(name, user));
    return { User: userShown(user, account) };
  },
});
