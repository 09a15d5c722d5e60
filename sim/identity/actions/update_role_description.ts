/**
 * UpdateRoleDescription: another description for a role; UpdateRole has taken its place.
 *
 * Source: IAM API reference, UpdateRoleDescription.
 */
import { action } from "../action.ts";
import { onRole } from "../asking.ts";
import { description, roleName } from "../fields.ts";
import { roleOf } from "../lookups.ts";
import { required } from "../shapes.ts";
import { roleShown } from "../views.ts";

export const updateRoleDescription = action({
  shape: { RoleName: required(roleName), Description: required(description) },
  asks: ({ RoleName }, call) => onRole(RoleName, call),
  run: ({ RoleName, Description }, { account }) => {
    account.change((entities) => roleOf(RoleName, entities).description = Description);
    return { Role: roleShown(roleOf(RoleName, account.entities), account) };
  },
});
