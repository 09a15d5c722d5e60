/**
 * PutGroupPolicy: a policy of the group alone, new or in place of the one of that name.
 *
 * Documented: 5,120 characters, of all of them together, white space not counted.
 *
 * Source: IAM API reference, PutGroupPolicy.
 */
import { action } from "../action.ts";
import { document, longName, policyName } from "../fields.ts";
import { onHolder, putInline } from "../holders.ts";
import { required } from "../shapes.ts";

export const putGroupPolicy = action({
  shape: {
    GroupName: required(longName),
    PolicyName: required(policyName),
    PolicyDocument: required(document),
  },
  asks: ({ GroupName }, call) => onHolder("group", GroupName, call),
  run: ({ GroupName: holder, PolicyName: policy, PolicyDocument: text }, call) =>
    putInline("group", { holder, policy, text }, call),
});
