/**
 * TagInstanceProfile: adds tags to a instance profile, or gives them other values.
 *
 * Source: IAM API reference, TagInstanceProfile.
 */
import { action } from "../action.ts";
import { onProfile, requestTags } from "../asking.ts";
import { longName, tags } from "../fields.ts";
import { profileOf } from "../lookups.ts";
import { required } from "../shapes.ts";
import { addTags } from "../tagging.ts";

export const tagInstanceProfile = action({
  shape: { InstanceProfileName: required(longName), Tags: required(tags) },
  asks: ({ InstanceProfileName, Tags }, call) =>
    onProfile(InstanceProfileName, call, requestTags(Tags)),
  run: ({ InstanceProfileName, Tags }, { account }) => {
    account.change((entities) => {
      addTags(profileOf(InstanceProfileName, entities).tags, Tags);
    });
  },
});
