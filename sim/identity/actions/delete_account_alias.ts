/**
 * DeleteAccountAlias: an account without an alias.
 *
 * Source: IAM API reference, DeleteAccountAlias.
 */
import { action } from "../action.ts";
import { everything } from "../asking.ts";
import { noSuchEntity } from "../errors.ts";
import { accountAlias } from "../fields.ts";
import { required } from "../shapes.ts";

export const deleteAccountAlias = action({
  shape: { AccountAlias: required(accountAlias) },
  asks: () => everything,
  run: ({ AccountAlias }, { account }) => {
    account.change((entities) => {
      if (!entities.aliases.includes(AccountAlias)) {
        throw noSuchEntity(`The account alias ${AccountAlias} cannot be found.`);
      }
      entities.aliases = [];
    });
  },
});
