/**
 * DeleteInstanceProfile: removes a profile that holds no role any more.
 *
 * Source: IAM API reference, DeleteInstanceProfile.
 */
import { action } from "../action.ts";
import { onProfile } from "../asking.ts";
import { deleteConflict } from "../errors.ts";
import { longName } from "../fields.ts";
import { profileOf } from "../lookups.ts";
import { required } from "../shapes.ts";

export const deleteInstanceProfile = action({
  shape: { InstanceProfileName: required(longName) },
  asks: ({ InstanceProfileName }, call) => onProfile(InstanceProfileName, call),
  run: ({ InstanceProfileName }, { account }) => {
    if (profileOf(InstanceProfileName, account.entities).role !== null) {
      throw deleteConflict("Cannot delete entity, must remove roles from instance profile first.");
    }
    account.change(({ instanceProfiles }) => instanceProfiles.delete(InstanceProfileName));
  },
});
