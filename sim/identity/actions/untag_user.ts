/**
 * UntagUser: takes tags away from a user; those that it has not do not matter.
 *
 * Source: IAM API reference, UntagUser.
 */
import { action } from "../action.ts";
import { onUser } from "../asking.ts";
import { longName, tagKeys } from "../fields.ts";
import { userOf } from "../lookups.ts";
import { required } from "../shapes.ts";
import { removeTags, untagged } from "../tagging.ts";

export const untagUser = action({
  shape: { UserName: required(longName), TagKeys: required(tagKeys) },
  asks: ({ UserName, TagKeys }, call) => onUser(UserName, call, untagged(TagKeys)),
  run: ({ UserName, TagKeys }, { account }) => {
    account.change((entities) => removeTags(userOf(UserName, entities).tags, TagKeys));
  },
});
