/**
 * UpdateRole: another description or longest session for a role.
 *
 * Source: IAM API reference, UpdateRole.
 */
import { action } from "../action.ts";
import { onRole } from "../asking.ts";
import { description, maxSession, roleName } from "../fields.ts";
import { roleOf } from "../lookups.ts";
import { required } from "../shapes.ts";

export const updateRole = action({
  shape: { RoleName: required(roleName), Description: description, MaxSessionDuration: maxSession },
  asks: ({ RoleName }, call) => onRole(RoleName, call),
  run: ({ RoleName, Description, MaxSessionDuration }, { account }) => {
    account.change((entities) => {
      const role = roleOf(RoleName, entities);
      role.description = Description ?? role.description;
      role.maxSessionSeconds = MaxSessionDuration ?? role.maxSessionSeconds;
    });
    return {};
  },
});
