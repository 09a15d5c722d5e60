/**
 * UpdateUser: another name or path for a user, who stays who he is.
 *
 * Documented: one may need the permission for the old and for the new name.
 *
 * Source: IAM API reference, UpdateUser.
 */
import { action } from "../action.ts";
import { onNew, onUser } from "../asking.ts";
import { longName, path, userName } from "../fields.ts";
import { mustBeFree, userOf } from "../lookups.ts";
import { required } from "../shapes.ts";

export const updateUser = action({
  shape: { UserName: required(longName), NewPath: path, NewUserName: userName },
  asks: ({ UserName, NewPath, NewUserName }, call) => {
    const old = call.account.entities.users.get(UserName);
    const name = NewUserName ?? UserName;
    const path = NewPath ?? old?.path;
    return [onUser(UserName, call), onNew("user", { name, path }, call)];
  },
  run: ({ UserName, NewPath, NewUserName = UserName }, { account }) => {
    const { path } = userOf(UserName, account.entities);
    const isSame = NewUserName.toLowerCase() === UserName.toLowerCase();
    const message = `User with name ${NewUserName} already exists.`;
    if (!isSame) mustBeFree(account.entities.users, NewUserName, message);
    account.change((entities) => {
      const user = userOf(UserName, entities);
      entities.users.delete(UserName);
      entities.users.set(NewUserName, { ...user, name: NewUserName, path: NewPath ?? path });
    });
  },
});
