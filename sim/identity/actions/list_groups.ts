/**
 * ListGroups: the groups below a path, in pages.
 *
 * Source: IAM API reference, ListGroups.
 */
import { action } from "../action.ts";
import { onList } from "../asking.ts";
import { pathPrefix } from "../fields.ts";
import { page, pageFields } from "../pages.ts";
import { groupShown, listKey } from "../views.ts";

export const listGroups = action({
  shape: { PathPrefix: pathPrefix, ...pageFields },
  asks: ({ PathPrefix }, call) => onList("group", PathPrefix, call),
  run: (request, { account }) => {
    const { PathPrefix = "/" } = request;
    const groups = [...account.entities.groups.values()]
      .filter(({ path }) => path.startsWith(PathPrefix));
    const { items, rest } = page(groups, listKey, request);
    return { Groups: items.map((group) => groupShown(group, account)), ...rest };
  },
});
