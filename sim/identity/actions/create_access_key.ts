/**
 * CreateAccessKey: a user, or nobody for oneself -> a key; its secret is told here and never again.
 *
 * Documented: two for each user.
 *
 * Source: IAM API reference, CreateAccessKey.
 */
import { newUserKey } from "../../iam/account/names.ts";
import { action } from "../action.ts";
import { onUser } from "../asking.ts";
import { overQuota } from "../errors.ts";
import { longName } from "../fields.ts";
import { callerName, userOf } from "../lookups.ts";

export const createAccessKey = action({
  shape: { UserName: longName },
  asks: ({ UserName }, call) => onUser(UserName ?? callerName(call.principal), call),
  run: ({ UserName }, { account, principal }) => {
    const name = UserName ?? callerName(principal);
    const { id, secret } = newUserKey();
    const createdMs = account.nowMs();
    account.change((entities) => {
      const { keys } = userOf(name, entities);
      if (keys.length >= keysMax) throw overQuota("AccessKeysPerUser", keysMax);
      keys.push({ id, secret, isActive: true, createdMs });
    });
    const AccessKey = {
      UserName: name,
      AccessKeyId: id,
      Status: "Active",
      SecretAccessKey: secret,
      CreateDate: new Date(createdMs),
    };
    return { AccessKey };
  },
});

const keysMax = 2;
