/**
 * DeleteUserPolicy: removes a policy of the user alone.
 *
 * Source: IAM API reference, DeleteUserPolicy.
 */
import { action } from "../action.ts";
import { longName, policyName } from "../fields.ts";
import { deleteInline, onHolder } from "../holders.ts";
import { required } from "../shapes.ts";

export const deleteUserPolicy = action({
  shape: { UserName: required(longName), PolicyName: required(policyName) },
  asks: ({ UserName }, call) => onHolder("user", UserName, call),
  run: ({ UserName: holder, PolicyName: policy }, call) =>
    deleteInline("user", { holder, policy }, call),
});
