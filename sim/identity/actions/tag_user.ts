/**
 * TagUser: adds tags to a user, or gives them other values.
 *
 * Source: IAM API reference, TagUser.
 */
import { action } from "../action.ts";
import { onUser, requestTags } from "../asking.ts";
import { longName, tags } from "../fields.ts";
import { userOf } from "../lookups.ts";
import { required } from "../shapes.ts";
import { addTags } from "../tagging.ts";

export const tagUser = action({
  shape: { UserName: required(longName), Tags: required(tags) },
  asks: ({ UserName, Tags }, call) => onUser(UserName, call, requestTags(Tags)),
  run: ({ UserName, Tags }, { account }) => {
    account.change((entities) => {
      addTags(userOf(UserName, entities).tags, Tags);
    });
  },
});
