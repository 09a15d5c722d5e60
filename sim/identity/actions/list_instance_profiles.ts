/**
 * ListInstanceProfiles: the profiles below a path, in pages.
 *
 * Source: IAM API reference, ListInstanceProfiles.
 */
import { action } from "../action.ts";
import { onList } from "../asking.ts";
import { pathPrefix } from "../fields.ts";
import { page, pageFields } from "../pages.ts";
import { listKey, profileShown } from "../views.ts";

export const listInstanceProfiles = action({
  shape: { PathPrefix: pathPrefix, ...pageFields },
  asks: ({ PathPrefix }, call) => onList("instance-profile", PathPrefix, call),
  run: (request, { account }) => {
    const { PathPrefix = "/" } = request;
    const profiles = [...account.entities.instanceProfiles.values()]
      .filter(({ path }) => path.startsWith(PathPrefix));
    const { items, rest } = page(profiles, listKey, request);
    return { InstanceProfiles: items.map((profile) => profileShown(profile, account)), ...rest };
  },
});
