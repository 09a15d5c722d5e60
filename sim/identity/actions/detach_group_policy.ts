/**
 * DetachGroupPolicy: a group holds a managed policy no more.
 *
 * Source: IAM API reference, DetachGroupPolicy.
 */
import { action } from "../action.ts";
import { longName, policyArn } from "../fields.ts";
import { detach, onHolder } from "../holders.ts";
import { required } from "../shapes.ts";

export const detachGroupPolicy = action({
  shape: { GroupName: required(longName), PolicyArn: required(policyArn) },
  asks: ({ GroupName, PolicyArn }, call) => onHolder("group", GroupName, call, PolicyArn),
  run: ({ GroupName, PolicyArn }, call) => detach("group", GroupName, PolicyArn, call),
});
