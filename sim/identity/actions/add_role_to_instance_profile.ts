/**
 * AddRoleToInstanceProfile: a profile holds a role, one at most.
 *
 * Documented: whoever adds it must be allowed to pass it to EC2.
 *
 * Source: IAM API reference, AddRoleToInstanceProfile.
 */
import { action } from "../action.ts";
import { onProfile, onRole } from "../asking.ts";
import { overQuota } from "../errors.ts";
import { longName, roleName } from "../fields.ts";
import { profileOf, roleOf } from "../lookups.ts";
import { required } from "../shapes.ts";

export const addRoleToInstanceProfile = action({
  shape: { InstanceProfileName: required(longName), RoleName: required(roleName) },
  asks: ({ InstanceProfileName, RoleName }, call) => {
    const toMachines = { "iam:passedtoservice": "ec2.amazonaws.com" };
    return [
      onProfile(InstanceProfileName, call),
      { ...onRole(RoleName, call, toMachines), action: "iam:PassRole" },
    ];
  },
  run: ({ InstanceProfileName, RoleName }, { account }) => {
    account.change((entities) => {
      const profile = profileOf(InstanceProfileName, entities);
      roleOf(RoleName, entities);
      if (profile.role !== null) throw overQuota("InstanceSessionsPerInstanceProfile", 1);
      profile.role = RoleName;
    });
  },
});
