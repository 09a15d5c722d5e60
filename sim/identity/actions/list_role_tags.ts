/**
 * ListRoleTags: the tags of a role, in pages.
 *
 * Source: IAM API reference, ListRoleTags.
 */
import { action } from "../action.ts";
import { onRole } from "../asking.ts";
import { roleName } from "../fields.ts";
import { roleOf } from "../lookups.ts";
import { pageFields } from "../pages.ts";
import { required } from "../shapes.ts";
import { listTags } from "../tagging.ts";

export const listRoleTags = action({
  shape: { RoleName: required(roleName), ...pageFields },
  asks: ({ RoleName }, call) => onRole(RoleName, call),
  run: (request, { account }) => listTags(roleOf(request.RoleName, account.entities).tags, request),
});
