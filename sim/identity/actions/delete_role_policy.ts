/**
 * DeleteRolePolicy: removes a policy of the role alone.
 *
 * Source: IAM API reference, DeleteRolePolicy.
 */
import { action } from "../action.ts";
import { policyName, roleName } from "../fields.ts";
import { deleteInline, onHolder } from "../holders.ts";
import { required } from "../shapes.ts";

export const deleteRolePolicy = action({
  shape: { RoleName: required(roleName), PolicyName: required(policyName) },
  asks: ({ RoleName }, call) => onHolder("role", RoleName, call),
  run: ({ RoleName: holder, PolicyName: policy }, call) =>
    deleteInline("role", { holder, policy }, call),
});
