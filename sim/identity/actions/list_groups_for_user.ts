/**
 * ListGroupsForUser: the groups of a user, in pages.
 *
 * Source: IAM API reference, ListGroupsForUser.
 */
import { action } from "../action.ts";
import { onUser } from "../asking.ts";
import { longName } from "../fields.ts";
import { groupOf, userOf } from "../lookups.ts";
import { page, pageFields } from "../pages.ts";
import { required } from "../shapes.ts";
import { groupShown, listKey } from "../views.ts";

export const listGroupsForUser = action({
  shape: { UserName: required(longName), ...pageFields },
  asks: ({ UserName }, call) => onUser(UserName, call),
  run: (request, { account }) => {
    const { entities } = account;
    const groups = userOf(request.UserName, entities).groups
      .map((name) => groupOf(name, entities));
    const { items, rest } = page(groups, listKey, request);
    return { Groups: items.map((group) => groupShown(group, account)), ...rest };
  },
});
