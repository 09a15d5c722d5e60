/**
 * DeleteGroup: removes a group that has nobody and nothing any more.
 *
 * Source: IAM API reference, DeleteGroup.
 */
import { action } from "../action.ts";
import { onGroup } from "../asking.ts";
import { deleteConflict } from "../errors.ts";
import { longName } from "../fields.ts";
import { mustHoldNothing } from "../holders.ts";
import { groupOf, membersOf } from "../lookups.ts";
import { required } from "../shapes.ts";

export const deleteGroup = action({
  shape: { GroupName: required(longName) },
  asks: ({ GroupName }, call) => onGroup(GroupName, call),
  run: ({ GroupName }, { account }) => {
    const group = groupOf(GroupName, account.entities);
    if (membersOf(GroupName, account.entities).length > 0) {
      throw deleteConflict("Cannot delete entity, must remove users from group first.");
    }
    mustHoldNothing(group);
    account.change(({ groups }) => groups.delete(GroupName));
  },
});
