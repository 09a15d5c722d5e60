/**
 * GetInstanceProfile: a profile with its role.
 *
 * Source: IAM API reference, GetInstanceProfile.
 */
import { action } from "../action.ts";
import { onProfile } from "../asking.ts";
import { longName } from "../fields.ts";
import { profileOf } from "../lookups.ts";
import { required } from "../shapes.ts";
import { profileShown } from "../views.ts";

export const getInstanceProfile = action({
  shape: { InstanceProfileName: required(longName) },
  asks: ({ InstanceProfileName }, call) => onProfile(InstanceProfileName, call),
  run: ({ InstanceProfileName }, { account }) => {
    const profile = profileOf(InstanceProfileName, account.entities);
    return { InstanceProfile: profileShown(profile, account) };
  },
});
