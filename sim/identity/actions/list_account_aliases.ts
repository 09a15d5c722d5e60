/**
 * ListAccountAliases: the alias of the account: one or none.
 *
 * Source: IAM API reference, ListAccountAliases.
 */
import { action } from "../action.ts";
import { everything } from "../asking.ts";
import { page, pageFields } from "../pages.ts";

export const listAccountAliases = action({
  shape: { ...pageFields },
  asks: () => everything,
  run: (request, { account }) => {
    const { items, rest } = page(account.entities.aliases, (alias) => alias, request);
    return { AccountAliases: items, ...rest };
  },
});
