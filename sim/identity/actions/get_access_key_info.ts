/**
 * GetAccessKeyInfo: a key -> the account that it belongs to.
 *
 * Source: STS API reference, GetAccessKeyInfo.
 */
import { action } from "../action.ts";
import { everything } from "../asking.ts";
import { invalid } from "../errors.ts";
import { accessKeyId } from "../fields.ts";
import { required } from "../shapes.ts";

export const getAccessKeyInfo = action({
  shape: { AccessKeyId: required(accessKeyId) },
  asks: () => everything,
  run: ({ AccessKeyId }, { account }) => {
    if (!/^A[KS]IA/.test(AccessKeyId)) throw invalid("Invalid AccessKeyId");
    // Documented: the account stands in the id itself, whether the key is there or not.
    return { Account: account.accountId };
  },
});
