/**
 * CreateAccountAlias: the alias of the account, in place of the one before.
 *
 * Source: IAM API reference, CreateAccountAlias.
 */
import { action } from "../action.ts";
import { everything } from "../asking.ts";
import { accountAlias } from "../fields.ts";
import { required } from "../shapes.ts";

export const createAccountAlias = action({
  shape: { AccountAlias: required(accountAlias) },
  asks: () => everything,
  run: ({ AccountAlias }, { account }) => {
    account.change((entities) => {
      entities.aliases = [AccountAlias];
    });
  },
});
