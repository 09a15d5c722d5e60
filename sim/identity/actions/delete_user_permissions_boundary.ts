/**
 * DeleteUserPermissionsBoundary: a user without a boundary again.
 *
 * Source: IAM API reference, DeleteUserPermissionsBoundary.
 */
import { action } from "../action.ts";
import { onUser } from "../asking.ts";
import { longName } from "../fields.ts";
import { userOf } from "../lookups.ts";
import { required } from "../shapes.ts";

export const deleteUserPermissionsBoundary = action({
  shape: { UserName: required(longName) },
  asks: ({ UserName }, call) => onUser(UserName, call),
  run: ({ UserName }, { account }) => {
    account.change((entities) => userOf(UserName, entities).boundary = null);
  },
});
