/**
 * GetCallerIdentity: who am I: nobody is ever refused this, whatever a policy says.
 *
 * Source: STS API reference, GetCallerIdentity.
 */
import { action } from "../action.ts";

export const getCallerIdentity = action({
  shape: {},
  asks: () => [],
  run: (_request, { principal }) => {
    const { userId, accountId, arn } = principal;
    return { UserId: userId, Account: accountId, Arn: arn };
  },
});
