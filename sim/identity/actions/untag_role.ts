/**
 * UntagRole: takes tags away from a role; those that it has not do not matter.
 *
 * Source: IAM API reference, UntagRole.
 */
import { action } from "../action.ts";
import { onRole } from "../asking.ts";
import { roleName, tagKeys } from "../fields.ts";
import { roleOf } from "../lookups.ts";
import { required } from "../shapes.ts";
import { removeTags, untagged } from "../tagging.ts";

export const untagRole = action({
  shape: { RoleName: required(roleName), TagKeys: required(tagKeys) },
  asks: ({ RoleName, TagKeys }, call) => onRole(RoleName, call, untagged(TagKeys)),
  run: ({ RoleName, TagKeys }, { account }) => {
    account.change((entities) => removeTags(roleOf(RoleName, entities).tags, TagKeys));
  },
});
