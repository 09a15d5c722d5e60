/**
 * ListAttachedRolePolicies: the managed policies that a role holds, in pages.
 *
 * Source: IAM API reference, ListAttachedRolePolicies.
 */
import { action } from "../action.ts";
import { pathPrefix, roleName } from "../fields.ts";
import { listAttached, onHolder } from "../holders.ts";
import { pageFields } from "../pages.ts";
import { required } from "../shapes.ts";

export const listAttachedRolePolicies = action({
  shape: { RoleName: required(roleName), PathPrefix: pathPrefix, ...pageFields },
  asks: ({ RoleName }, call) => onHolder("role", RoleName, call),
  run: (request, call) => listAttached("role", request.RoleName, request, call),
});
