/**
 * ListAccessKeys: the keys of a user, without their secrets.
 *
 * Source: IAM API reference, ListAccessKeys.
 */
import { action } from "../action.ts";
import { onUser } from "../asking.ts";
import { longName } from "../fields.ts";
import { callerName, userOf } from "../lookups.ts";
import { page, pageFields } from "../pages.ts";

export const listAccessKeys = action({
  shape: { UserName: longName, ...pageFields },
  asks: ({ UserName }, call) => onUser(UserName ?? callerName(call.principal), call),
  run: (request, { account, principal }) => {
    const name = request.UserName ?? callerName(principal);
    const { items, rest } = page(userOf(name, account.entities).keys, ({ id }) => id, request);
    const AccessKeyMetadata = items.map(({ id, isActive, createdMs }) => ({
      UserName: name,
      AccessKeyId: id,
      Status: isActive ? "Active" : "Inactive",
      CreateDate: new Date(createdMs),
    }));
    return { AccessKeyMetadata, ...rest };
  },
});
