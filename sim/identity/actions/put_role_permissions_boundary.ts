/**
 * PutRolePermissionsBoundary: a policy beyond which a role may nothing, whatever else allows it.
 *
 * Source: IAM API reference, PutRolePermissionsBoundary.
 */
import { action } from "../action.ts";
import { onRole, withBoundary } from "../asking.ts";
import { policyArn, roleName } from "../fields.ts";
import { boundaryMustBe, roleOf } from "../lookups.ts";
import { required } from "../shapes.ts";

export const putRolePermissionsBoundary = action({
  shape: { RoleName: required(roleName), PermissionsBoundary: required(policyArn) },
  asks: ({ RoleName, PermissionsBoundary }, call) =>
    onRole(RoleName, call, withBoundary(PermissionsBoundary)),
  run: ({ RoleName, PermissionsBoundary }, { account }) => {
    account.change((entities) => {
      const role = roleOf(RoleName, entities);
      boundaryMustBe(PermissionsBoundary, entities);
      role.boundary = PermissionsBoundary;
    });
  },
});
