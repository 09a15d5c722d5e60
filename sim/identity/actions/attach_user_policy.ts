/**
 * AttachUserPolicy: a user holds a managed policy, of ours or of AWS. Twice is as once.
 *
 * Source: IAM API reference, AttachUserPolicy.
 */
import { action } from "../action.ts";
import { longName, policyArn } from "../fields.ts";
import { attach, onHolder } from "../holders.ts";
import { required } from "../shapes.ts";

export const attachUserPolicy = action({
  shape: { UserName: required(longName), PolicyArn: required(policyArn) },
  asks: ({ UserName, PolicyArn }, call) => onHolder("user", UserName, call, PolicyArn),
  run: ({ UserName, PolicyArn }, call) => attach("user", UserName, PolicyArn, call),
});
