/**
 * DetachRolePolicy: a role holds a managed policy no more.
 *
 * Source: IAM API reference, DetachRolePolicy.
 */
import { action } from "../action.ts";
import { policyArn, roleName } from "../fields.ts";
import { detach, onHolder } from "../holders.ts";
import { required } from "../shapes.ts";

export const detachRolePolicy = action({
  shape: { RoleName: required(roleName), PolicyArn: required(policyArn) },
  asks: ({ RoleName, PolicyArn }, call) => onHolder("role", RoleName, call, PolicyArn),
  run: ({ RoleName, PolicyArn }, call) => detach("role", RoleName, PolicyArn, call),
});
