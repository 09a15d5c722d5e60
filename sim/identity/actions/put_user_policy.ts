/**
 * PutUserPolicy: a policy of the user alone, new or in place of the one of that name.
 *
 * Documented: 2,048 characters, of all of them together, white space not counted.
 *
 * Source: IAM API reference, PutUserPolicy.
 */
import { action } from "../action.ts";
import { document, longName, policyName } from "../fields.ts";
import { onHolder, putInline } from "../holders.ts";
import { required } from "../shapes.ts";

export const putUserPolicy = action({
  shape: {
    UserName: required(longName),
    PolicyName: required(policyName),
    PolicyDocument: required(document),
  },
  asks: ({ UserName }, call) => onHolder("user", UserName, call),
  run: ({ UserName: holder, PolicyName: policy, PolicyDocument: text }, call) =>
    putInline("user", { holder, policy, text }, call),
});
