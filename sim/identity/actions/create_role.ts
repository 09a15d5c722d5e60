/**
 * CreateRole: a name and who is trusted -> a role that may nothing yet.
 *
 * Source: IAM API reference, CreateRole.
 */
import { newRole } from "../../iam/account/made.ts";
import { action } from "../action.ts";
import { andTags, onNew, requestTags, withBoundary } from "../asking.ts";
import { checkedTrust } from "../documents.ts";
import { description, document, maxSession, path, policyArn, roleName, tags } from "../fields.ts";
import { boundaryMustBe, mustBeFree, mustHaveRoom } from "../lookups.ts";
import { required } from "../shapes.ts";
import { addTags } from "../tagging.ts";
import { roleShown } from "../views.ts";

export const createRole = action({
  shape: {
    RoleName: required(roleName),
    AssumeRolePolicyDocument: required(document),
    Path: path,
    Description: description,
    MaxSessionDuration: maxSession,
    PermissionsBoundary: policyArn,
    Tags: tags,
  },
  asks: ({ RoleName: name, Path, PermissionsBoundary, Tags }, call) => {
    const context = { ...requestTags(Tags), ...withBoundary(PermissionsBoundary) };
    return andTags(onNew("role", { name, path: Path }, call, context), Tags, "iam:TagRole");
  },
  run: (request, { account }) => {
    const { RoleName: name, AssumeRolePolicyDocument: trust, Path, Tags } = request;
    const { Description = null, MaxSessionDuration = 3600, PermissionsBoundary = null } = request;
    mustHaveRoom("roles", account);
    mustBeFree(account.entities.roles, name, `Role with name ${name} already exists.`);
    boundaryMustBe(PermissionsBoundary, account.entities);
    checkedTrust(trust, account);
    const role = newRole({ name, path: Path, trust, nowMs: account.nowMs() });
    role.description = Description;
    role.maxSessionSeconds = MaxSessionDuration;
    role.boundary = PermissionsBoundary;
    addTags(role.tags, Tags);
    account.change(({ roles }) => roles.set(name, role));
    return { Role: roleShown(role, account) };
  },
});
