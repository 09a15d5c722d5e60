/**
 * GetUserPolicy: the text of a policy of the user alone, percent-encoded as AWS has it.
 *
 * Source: IAM API reference, GetUserPolicy.
 */
import { action } from "../action.ts";
import { longName, policyName } from "../fields.ts";
import { getInline, onHolder } from "../holders.ts";
import { required } from "../shapes.ts";

export const getUserPolicy = action({
  shape: { UserName: required(longName), PolicyName: required(policyName) },
  asks: ({ UserName }, call) => onHolder("user", UserName, call),
  run: ({ UserName: holder, PolicyName: policy }, call) => {
    return { UserName: holder, ...getInline("user", { holder, policy }, call) };
  },
});
