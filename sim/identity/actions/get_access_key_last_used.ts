/**
 * GetAccessKeyLastUsed: a key -> whose it is, and when and for what it was used last since the start.
 *
 * Source: IAM API reference, GetAccessKeyLastUsed.
 */
import { action } from "../action.ts";
import { everything, onUser } from "../asking.ts";
import { noSuchEntity } from "../errors.ts";
import { accessKeyId } from "../fields.ts";
import { ownerOf } from "../lookups.ts";
import { required } from "../shapes.ts";

export const getAccessKeyLastUsed = action({
  shape: { AccessKeyId: required(accessKeyId) },
  asks: ({ AccessKeyId }, call) => {
    const owner = ownerOf(AccessKeyId, call.account.entities);
    return owner === undefined ? everything : onUser(owner.name, call);
  },
  run: ({ AccessKeyId }, { account }) => {
    const owner = ownerOf(AccessKeyId, account.entities);
    if (owner === undefined) {
      throw noSuchEntity(`The Access Key with id ${AccessKeyId} cannot be found.`);
    }
    const used = account.usedOf(AccessKeyId);
    const AccessKeyLastUsed = used === null ? { ServiceName: "N/A", Region: "N/A" } : {
      LastUsedDate: new Date(used.ms),
      ServiceName: used.service,
      Region: account.region,
    };
    return { UserName: owner.name, AccessKeyLastUsed };
  },
});
