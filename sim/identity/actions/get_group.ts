/**
 * GetGroup: a group and its users, in pages.
 *
 * Source: IAM API reference, GetGroup.
 */
import { action } from "../action.ts";
import { onGroup } from "../asking.ts";
import { longName } from "../fields.ts";
import { groupOf, membersOf } from "../lookups.ts";
import { page, pageFields } from "../pages.ts";
import { required } from "../shapes.ts";
import { groupShown, listKey, userListed } from "../views.ts";

export const getGroup = action({
  shape: { GroupName: required(longName), ...pageFields },
  asks: ({ GroupName }, call) => onGroup(GroupName, call),
  run: (request, { account }) => {
    const group = groupOf(request.GroupName, account.entities);
    const { items, rest } = page(membersOf(group.name, account.entities), listKey, request);
    const Users = items.map((user) => userListed(user, account));
    return { Group: groupShown(group, account), Users, ...rest };
  },
});
