/**
 * GetRole: a role with its trust policy, tags, boundary and last use.
 *
 * Source: IAM API reference, GetRole.
 */
import { action } from "../action.ts";
import { onRole } from "../asking.ts";
import { roleName } from "../fields.ts";
import { roleOf } from "../lookups.ts";
import { required } from "../shapes.ts";
import { roleShown } from "../views.ts";

export const getRole = action({
  shape: { RoleName: required(roleName) },
  asks: ({ RoleName }, call) => onRole(RoleName, call),
  run: ({ RoleName }, { account }) => {
    return { Role: roleShown(roleOf(RoleName, account.entities), account) };
  },
});
