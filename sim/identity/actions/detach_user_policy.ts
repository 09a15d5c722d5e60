/**
 * DetachUserPolicy: a user holds a managed policy no more.
 *
 * Source: IAM API reference, DetachUserPolicy.
 */
import { action } from "../action.ts";
import { longName, policyArn } from "../fields.ts";
import { detach, onHolder } from "../holders.ts";
import { required } from "../shapes.ts";

export const detachUserPolicy = action({
  shape: { UserName: required(longName), PolicyArn: required(policyArn) },
  asks: ({ UserName, PolicyArn }, call) => onHolder("user", UserName, call, PolicyArn),
  run: ({ UserName, PolicyArn }, call) => detach("user", UserName, PolicyArn, call),
});
