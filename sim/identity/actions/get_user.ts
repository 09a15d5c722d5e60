/**
 * GetUser: a name, or nobody for oneself -> a user with tags and boundary.
 *
 * Source: IAM API reference, GetUser.
 * Left out: PasswordLastUsed: nobody has a password.
 */
import { action } from "../action.ts";
import { onUser } from "../asking.ts";
import { longName } from "../fields.ts";
import { callerName, userOf } from "../lookups.ts";
import { userShown } from "../views.ts";

export const getUser = action({
  shape: { UserName: longName },
  asks: ({ UserName }, call) => onUser(UserName ?? callerName(call.principal), call),
  run: ({ UserName }, { account, principal }) => {
    const user = userOf(UserName ?? callerName(principal), account.entities);
    return { User: userShown(user, account) };
  },
});
