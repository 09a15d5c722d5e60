/**
 * GetRolePolicy: the text of a policy of the role alone, percent-encoded as AWS has it.
 *
 * Source: IAM API reference, GetRolePolicy.
 */
import { action } from "../action.ts";
import { policyName, roleName } from "../fields.ts";
import { getInline, onHolder } from "../holders.ts";
import { required } from "../shapes.ts";

export const getRolePolicy = action({
  shape: { RoleName: required(roleName), PolicyName: required(policyName) },
  asks: ({ RoleName }, call) => onHolder("role", RoleName, call),
  run: ({ RoleName: holder, PolicyName: policy }, call) => {
    return { RoleName: holder, ...getInline("role", { holder, policy }, call) };
  },
});
