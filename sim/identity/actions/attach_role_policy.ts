/**
 * AttachRolePolicy: a role holds a managed policy, of ours or of AWS. Twice is as once.
 *
 * Source: IAM API reference, AttachRolePolicy.
 */
import { action } from "../action.ts";
import { policyArn, roleName } from "../fields.ts";
import { attach, onHolder } from "../holders.ts";
import { required } from "../shapes.ts";

export const attachRolePolicy = action({
  shape: { RoleName: required(roleName), PolicyArn: required(policyArn) },
  asks: ({ RoleName, PolicyArn }, call) => onHolder("role", RoleName, call, PolicyArn),
  run: ({ RoleName, PolicyArn }, call) => attach("role", RoleName, PolicyArn, call),
});
