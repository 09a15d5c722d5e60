/**
 * AddUserToGroup: a user has the policies of a group as well. Twice is as once.
 *
 * Documented: ten groups for each user.
 *
 * Source: IAM API reference, AddUserToGroup.
 */
import { action } from "../action.ts";
import { onGroup } from "../asking.ts";
import { overQuota } from "../errors.ts";
import { longName } from "../fields.ts";
import { groupOf, userOf } from "../lookups.ts";
import { required } from "../shapes.ts";

export const addUserToGroup = action({
  shape: { GroupName: required(longName), UserName: required(longName) },
  asks: ({ GroupName }, call) => onGroup(GroupName, call),
  run: ({ GroupName, UserName }, { account }) => {
    account.change((entities) => {
      groupOf(GroupName, entities);
      const { groups } = userOf(UserName, entities);
      if (groups.includes(GroupName)) return;
      if (groups.length >= groupsMax) throw overQuota("GroupsPerUser", groupsMax);
      groups.push(GroupName);
    });
  },
});

const groupsMax = 10;
