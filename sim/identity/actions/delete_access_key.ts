/**
 * DeleteAccessKey: ends a key for good.
 *
 * Source: IAM API reference, DeleteAccessKey.
 */
import { action } from "../action.ts";
import { onUser } from "../asking.ts";
import { noSuchEntity } from "../errors.ts";
import { accessKeyId, longName } from "../fields.ts";
import { callerName, userOf } from "../lookups.ts";
import { required } from "../shapes.ts";

export const deleteAccessKey = action({
  shape: { UserName: longName, AccessKeyId: required(accessKeyId) },
  asks: ({ UserName }, call) => onUser(UserName ?? callerName(call.principal), call),
  run: ({ UserName, AccessKeyId }, { account, principal }) => {
    const name = UserName ?? callerName(principal);
    account.change((entities) => {
      const { keys } = userOf(name, entities);
      const at = keys.findIndex(({ id }) => id === AccessKeyId);
      if (at < 0) throw noSuchEntity(`The Access Key with id ${AccessKeyId} cannot be found.`);
      keys.splice(at, 1);
    });
  },
});
