/**
 * UntagInstanceProfile: takes tags away from a instance profile; those that it has not do not matter.
 *
 * Source: IAM API reference, UntagInstanceProfile.
 */
import { action } from "../action.ts";
import { onProfile } from "../asking.ts";
import { longName, tagKeys } from "../fields.ts";
import { profileOf } from "../lookups.ts";
import { required } from "../shapes.ts";
import { removeTags, untagged } from "../tagging.ts";

export const untagInstanceProfile = action({
  shape: { InstanceProfileName: required(longName), TagKeys: required(tagKeys) },
  asks: ({ InstanceProfileName, TagKeys }, call) =>
    onProfile(InstanceProfileName, call, untagged(TagKeys)),
  run: ({ InstanceProfileName, TagKeys }, { account }) => {
    account.change((entities) =>
      removeTags(profileOf(InstanceProfileName, entities).tags, TagKeys)
    );
  },
});
