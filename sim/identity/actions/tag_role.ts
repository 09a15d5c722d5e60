/**
 * TagRole: adds tags to a role, or gives them other values.
 *
 * Source: IAM API reference, TagRole.
 */
import { action } from "../action.ts";
import { onRole, requestTags } from "../asking.ts";
import { roleName, tags } from "../fields.ts";
import { roleOf } from "../lookups.ts";
import { required } from "../shapes.ts";
import { addTags } from "../tagging.ts";

export const tagRole = action({
  shape: { RoleName: required(roleName), Tags: required(tags) },
  asks: ({ RoleName, Tags }, call) => onRole(RoleName, call, requestTags(Tags)),
  run: ({ RoleName, Tags }, { account }) => {
    account.change((entities) => {
      addTags(roleOf(RoleName, entities).tags, Tags);
    });
  },
});
