/**
 * RemoveUserFromGroup: a user has the policies of a group no more.
 *
 * Source: IAM API reference, RemoveUserFromGroup.
 */
import { action } from "../action.ts";
import { onGroup } from "../asking.ts";
import { noSuchEntity } from "../errors.ts";
import { longName } from "../fields.ts";
import { groupOf, userOf } from "../lookups.ts";
import { required } from "../shapes.ts";

export const removeUserFromGroup = action({
  shape: { GroupName: required(longName), UserName: required(longName) },
  asks: ({ GroupName }, call) => onGroup(GroupName, call),
  run: ({ GroupName, UserName }, { account }) => {
    account.change((entities) => {
      groupOf(GroupName, entities);
      const user = userOf(UserName, entities);
      // Assumed: the words.
      if (!user.groups.includes(GroupName)) {
        throw noSuchEntity(`User ${UserName} not in group ${GroupName}`);
      }
      user.groups = user.groups.filter((name) => name !== GroupName);
    });
  },
});
