/**
 * DeleteRolePermissionsBoundary: a role without a boundary again.
 *
 * Source: IAM API reference, DeleteRolePermissionsBoundary.
 */
import { action } from "../action.ts";
import { onRole } from "../asking.ts";
import { roleName } from "../fields.ts";
import { roleOf } from "../lookups.ts";
import { required } from "../shapes.ts";

export const deleteRolePermissionsBoundary = action({
  shape: { RoleName: required(roleName) },
  asks: ({ RoleName }, call) => onRole(RoleName, call),
  run: ({ RoleName }, { account }) => {
    account.change((entities) => roleOf(RoleName, entities).boundary = null);
  },
});
