/**
 * DeleteRole: removes a role that holds nothing any more; its sessions end.
 *
 * Source: IAM API reference, DeleteRole.
 */
import { action } from "../action.ts";
import { onRole } from "../asking.ts";
import { deleteConflict } from "../errors.ts";
import { roleName } from "../fields.ts";
import { mustHoldNothing } from "../holders.ts";
import { roleOf } from "../lookups.ts";
import { required } from "../shapes.ts";

export const deleteRole = action({
  shape: { RoleName: required(roleName) },
  asks: ({ RoleName }, call) => onRole(RoleName, call),
  run: ({ RoleName }, { account }) => {
    const role = roleOf(RoleName, account.entities);
    if ([...account.entities.instanceProfiles.values()].some((one) => one.role === RoleName)) {
      throw deleteConflict("Cannot delete entity, must remove roles from instance profile first.");
    }
    mustHoldNothing(role);
    account.change(({ roles }) => roles.delete(RoleName));
  },
});
