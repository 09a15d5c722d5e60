/**
 * ListUserTags: the tags of a user, in pages.
 *
 * Source: IAM API reference, ListUserTags.
 */
import { action } from "../action.ts";
import { onUser } from "../asking.ts";
import { longName } from "../fields.ts";
import { userOf } from "../lookups.ts";
import { pageFields } from "../pages.ts";
import { required } from "../shapes.ts";
import { listTags } from "../tagging.ts";

export const listUserTags = action({
  shape: { UserName: required(longName), ...pageFields },
  asks: ({ UserName }, call) => onUser(UserName, call),
  run: (request, { account }) => listTags(userOf(request.UserName, account.entities).tags, request),
});
