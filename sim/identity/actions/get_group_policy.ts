/**
 * GetGroupPolicy: the text of a policy of the group alone, percent-encoded as AWS has it.
 *
 * Source: IAM API reference, GetGroupPolicy.
 */
import { action } from "../action.ts";
import { longName, policyName } from "../fields.ts";
import { getInline, onHolder } from "../holders.ts";
import { required } from "../shapes.ts";

export const getGroupPolicy = action({
  shape: { GroupName: required(longName), PolicyName: required(policyName) },
  asks: ({ GroupName }, call) => onHolder("group", GroupName, call),
  run: ({ GroupName: holder, PolicyName: policy }, call) => {
    return { GroupName: holder, ...getInline("group", { holder, policy }, call) };
  },
});
