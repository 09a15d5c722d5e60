/**
 * DeleteGroupPolicy: removes a policy of the group alone.
 *
 * Source: IAM API reference, DeleteGroupPolicy.
 */
import { action } from "../action.ts";
import { longName, policyName } from "../fields.ts";
import { deleteInline, onHolder } from "../holders.ts";
import { required } from "../shapes.ts";

export const deleteGroupPolicy = action({
  shape: { GroupName: required(longName), PolicyName: required(policyName) },
  asks: ({ GroupName }, call) => onHolder("group", GroupName, call),
  run: ({ GroupName: holder, PolicyName: policy }, call) =>
    deleteInline("group", { holder, policy }, call),
});
