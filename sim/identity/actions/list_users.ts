/**
 * ListUsers: the users below a path, in pages.
 *
 * Source: IAM API reference, ListUsers.
 */
import { action } from "../action.ts";
import { onList } from "../asking.ts";
import { pathPrefix } from "../fields.ts";
import { page, pageFields } from "../pages.ts";
import { listKey, userListed } from "../views.ts";

export const listUsers = action({
  shape: { PathPrefix: pathPrefix, ...pageFields },
  asks: ({ PathPrefix }, call) => onList("user", PathPrefix, call),
  run: (request, { account }) => {
    const { PathPrefix = "/" } = request;
    const users = [...account.entities.users.values()]
      .filter(({ path }) => path.startsWith(PathPrefix));
    const { items, rest } = page(users, listKey, request);
    return { Users: items.map((user) => userListed(user, account)), ...rest };
  },
});
