/**
 * GetPolicy: a managed policy, of ours or of AWS, without its text.
 *
 * Source: IAM API reference, GetPolicy.
 */
import { action } from "../action.ts";
import { onPolicy } from "../asking.ts";
import { policyArn } from "../fields.ts";
import { policyOf } from "../lookups.ts";
import { required } from "../shapes.ts";
import { policyShown } from "../views.ts";

export const getPolicy = action({
  shape: { PolicyArn: required(policyArn) },
  asks: ({ PolicyArn }, call) => onPolicy(PolicyArn, call),
  run: ({ PolicyArn }, { account }) => {
    return { Policy: policyShown(policyOf(PolicyArn, account.entities), account) };
  },
});
