/**
 * AttachGroupPolicy: a group holds a managed policy, of ours or of AWS. Twice is as once.
 *
 * Source: IAM API reference, AttachGroupPolicy.
 */
import { action } from "../action.ts";
import { longName, policyArn } from "../fields.ts";
import { attach, onHolder } from "../holders.ts";
import { required } from "../shapes.ts";

export const attachGroupPolicy = action({
  shape: { GroupName: required(longName), PolicyArn: required(policyArn) },
  asks: ({ GroupName, PolicyArn }, call) => onHolder("group", GroupName, call, PolicyArn),
  run: ({ GroupName, PolicyArn }, call) => attach("group", GroupName, PolicyArn, call),
});
