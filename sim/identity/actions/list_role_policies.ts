/**
 * ListRolePolicies: the names of the policies of the role alone, in pages.
 *
 * Source: IAM API reference, ListRolePolicies.
 */
import { action } from "../action.ts";
import { roleName } from "../fields.ts";
import { listInline, onHolder } from "../holders.ts";
import { pageFields } from "../pages.ts";
import { required } from "../shapes.ts";

export const listRolePolicies = action({
  shape: { RoleName: required(roleName), ...pageFields },
  asks: ({ RoleName }, call) => onHolder("role", RoleName, call),
  run: (request, call) => listInline("role", request.RoleName, request, call),
});
