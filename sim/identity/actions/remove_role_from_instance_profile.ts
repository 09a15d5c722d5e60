/**
 * RemoveRoleFromInstanceProfile: a profile holds no role any more.
 *
 * Source: IAM API reference, RemoveRoleFromInstanceProfile.
 */
import { action } from "../action.ts";
import { onProfile } from "../asking.ts";
import { noSuchEntity } from "../errors.ts";
import { longName, roleName } from "../fields.ts";
import { profileOf, roleOf } from "../lookups.ts";
import { required } from "../shapes.ts";

export const removeRoleFromInstanceProfile = action({
  shape: { InstanceProfileName: required(longName), RoleName: required(roleName) },
  asks: ({ InstanceProfileName }, call) => onProfile(InstanceProfileName, call),
  run: ({ InstanceProfileName, RoleName }, { account }) => {
    account.change((entities) => {
      const profile = profileOf(InstanceProfileName, entities);
      roleOf(RoleName, entities);
      // Assumed: the words.
      if (profile.role !== RoleName) {
        const where = `in instance profile ${InstanceProfileName}`;
        throw noSuchEntity(`Role ${RoleName} ${where} cannot be found.`);
      }
      profile.role = null;
    });
  },
});
