/**
 * DeleteUser: removes a user who has nothing any more.
 *
 * Source: IAM API reference, DeleteUser.
 */
import { action } from "../action.ts";
import { onUser } from "../asking.ts";
import { deleteConflict } from "../errors.ts";
import { longName } from "../fields.ts";
import { mustHoldNothing } from "../holders.ts";
import { userOf } from "../lookups.ts";
import { required } from "../shapes.ts";

export const deleteUser = action({
  shape: { UserName: required(longName) },
  asks: ({ UserName }, call) => onUser(UserName, call),
  run: ({ UserName }, { account }) => {
    const user = userOf(UserName, account.entities);
    const first = (what: string) => deleteConflict(`Cannot delete entity, must ${what} first.`);
    if (user.groups.length > 0) throw first("remove users from group");
    mustHoldNothing(user);
    if (user.keys.length > 0) throw first("delete access keys");
    account.change(({ users }) => users.delete(UserName));
  },
});
