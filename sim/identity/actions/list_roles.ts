/**
 * ListRoles: the roles below a path, in pages.
 *
 * Source: IAM API reference, ListRoles.
 */
import { action } from "../action.ts";
import { onList } from "../asking.ts";
import { pathPrefix } from "../fields.ts";
import { page, pageFields } from "../pages.ts";
import { listKey, roleListed } from "../views.ts";

export const listRoles = action({
  shape: { PathPrefix: pathPrefix, ...pageFields },
  asks: ({ PathPrefix }, call) => onList("role", PathPrefix, call),
  run: (request, { account }) => {
    const { PathPrefix = "/" } = request;
    const roles = [...account.entities.roles.values()]
      .filter(({ path }) => path.startsWith(PathPrefix));
    const { items, rest } = page(roles, listKey, request);
    return { Roles: items.map((role) => roleListed(role, account)), ...rest };
  },
});
