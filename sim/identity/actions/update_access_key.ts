/**
 * UpdateAccessKey: makes a key inactive, or active again; counts for the next request.
 *
 * Source: IAM API reference, UpdateAccessKey.
 */
import { action } from "../action.ts";
import { onUser } from "../asking.ts";
import { noSuchEntity } from "../errors.ts";
import { accessKeyId, longName } from "../fields.ts";
import { callerName, userOf } from "../lookups.ts";
import { required, text } from "../shapes.ts";

export const updateAccessKey = action({
  shape: {
    UserName: longName,
    AccessKeyId: required(accessKeyId),
    Status: required(text({ oneOf: ["Active", "Inactive"] })),
  },
  asks: ({ UserName }, call) => onUser(UserName ?? callerName(call.principal), call),
  run: ({ UserName, AccessKeyId, Status }, { account, principal }) => {
    const name = UserName ?? callerName(principal);
    account.change((entities) => {
      const key = userOf(name, entities).keys.find(({ id }) => id === AccessKeyId);
      if (key === undefined) {
        throw noSuchEntity(`The Access Key with id ${AccessKeyId} cannot be found.`);
      }
      key.isActive = Status === "Active";
    });
  },
});
