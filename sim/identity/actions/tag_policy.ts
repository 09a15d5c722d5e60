/**
 * TagPolicy: adds tags to a policy, or gives them other values.
 *
 * Source: IAM API reference, TagPolicy.
 */
import { action } from "../action.ts";
import { onPolicy, requestTags } from "../asking.ts";
import { policyArn, tags } from "../fields.ts";
import { ownPolicyOf } from "../lookups.ts";
import { required } from "../shapes.ts";
import { addTags } from "../tagging.ts";

export const tagPolicy = action({
  shape: { PolicyArn: required(policyArn), Tags: required(tags) },
  asks: ({ PolicyArn, Tags }, call) => onPolicy(PolicyArn, call, requestTags(Tags)),
  run: ({ PolicyArn, Tags }, { account }) => {
    account.change((entities) => {
      addTags(ownPolicyOf(PolicyArn, entities).tags, Tags);
    });
  },
});
