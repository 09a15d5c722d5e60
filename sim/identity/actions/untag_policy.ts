/**
 * UntagPolicy: takes tags away from a policy; those that it has not do not matter.
 *
 * Source: IAM API reference, UntagPolicy.
 */
import { action } from "../action.ts";
import { onPolicy } from "../asking.ts";
import { policyArn, tagKeys } from "../fields.ts";
import { ownPolicyOf } from "../lookups.ts";
import { required } from "../shapes.ts";
import { removeTags, untagged } from "../tagging.ts";

export const untagPolicy = action({
  shape: { PolicyArn: required(policyArn), TagKeys: required(tagKeys) },
  asks: ({ PolicyArn, TagKeys }, call) => onPolicy(PolicyArn, call, untagged(TagKeys)),
  run: ({ PolicyArn, TagKeys }, { account }) => {
    account.change((entities) => removeTags(ownPolicyOf(PolicyArn, entities).tags, TagKeys));
  },
});
