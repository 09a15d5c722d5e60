/**
 * ListInstanceProfilesForRole: the profiles that hold a role, in pages.
 *
 * Source: IAM API reference, ListInstanceProfilesForRole.
 */
import { action } from "../action.ts";
import { onRole } from "../asking.ts";
import { roleName } from "../fields.ts";
import { roleOf } from "../lookups.ts";
import { page, pageFields } from "../pages.ts";
import { required } from "../shapes.ts";
import { listKey, profileShown } from "../views.ts";

export const listInstanceProfilesForRole = action({
  shape: { RoleName: required(roleName), ...pageFields },
  asks: ({ RoleName }, call) => onRole(RoleName, call),
  run: (request, { account }) => {
    const { name } = roleOf(request.RoleName, account.entities);
    const profiles = [...account.entities.instanceProfiles.values()]
      .filter(({ role }) => role === name);
    const { items, rest } = page(profiles, listKey, request);
    return { InstanceProfiles: items.map((profile) => profileShown(profile, account)), ...rest };
  },
});
