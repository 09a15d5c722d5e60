/**
 * PutRolePolicy: a policy of the role alone, new or in place of the one of that name.
 *
 * Documented: 10,240 characters, of all of them together, white space not counted.
 *
 * Source: IAM API reference, PutRolePolicy.
 */
import { action } from "../action.ts";
import { document, policyName, roleName } from "../fields.ts";
import { onHolder, putInline } from "../holders.ts";
import { required } from "../shapes.ts";

export const putRolePolicy = action({
  shape: {
    RoleName: required(roleName),
    PolicyName: required(policyName),
    PolicyDocument: required(document),
  },
  asks: ({ RoleName }, call) => onHolder("role", RoleName, call),
  run: ({ RoleName: holder, PolicyName: policy, PolicyDocument: text }, call) =>
    putInline("role", { holder, policy, text }, call),
});
