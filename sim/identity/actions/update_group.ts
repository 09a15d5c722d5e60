/**
 * UpdateGroup: another name or path for a group, which keeps its users.
 *
 * Source: IAM API reference, UpdateGroup.
 */
import { action } from "../action.ts";
import { onGroup, onNew } from "../asking.ts";
import { longName, path } from "../fields.ts";
import { groupOf, mustBeFree } from "../lookups.ts";
import { required } from "../shapes.ts";

export const updateGroup = action({
  shape: { GroupName: required(longName), NewPath: path, NewGroupName: longName },
  asks: ({ GroupName, NewPath, NewGroupName }, call) => {
    const old = call.account.entities.groups.get(GroupName);
    const name = NewGroupName ?? GroupName;
    return [onGroup(GroupName, call), onNew("group", { name, path: NewPath ?? old?.path }, call)];
  },
  run: ({ GroupName, NewPath, NewGroupName = GroupName }, { account }) => {
    const { path } = groupOf(GroupName, account.entities);
    const isSame = NewGroupName.toLowerCase() === GroupName.toLowerCase();
    const message = `Group with name ${NewGroupName} already exists.`;
    if (!isSame) mustBeFree(account.entities.groups, NewGroupName, message);
    account.change((entities) => {
      const group = groupOf(GroupName, entities);
      entities.groups.delete(GroupName);
      entities.groups.set(NewGroupName, { ...group, name: NewGroupName, path: NewPath ?? path });
      for (const user of entities.users.values()) {
        user.groups = user.groups.map((name) => name === GroupName ? NewGroupName : name);
      }
    });
  },
});
