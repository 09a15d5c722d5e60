/**
 * ListPolicyTags: the tags of a policy, in pages.
 *
 * Source: IAM API reference, ListPolicyTags.
 */
import { action } from "../action.ts";
import { onPolicy } from "../asking.ts";
import { policyArn } from "../fields.ts";
import { policyOf } from "../lookups.ts";
import { pageFields } from "../pages.ts";
import { required } from "../shapes.ts";
import { listTags } from "../tagging.ts";

export const listPolicyTags = action({
  shape: { PolicyArn: required(policyArn), ...pageFields },
  asks: ({ PolicyArn }, call) => onPolicy(PolicyArn, call),
  run: (request, { account }) =>
    listTags(policyOf(request.PolicyArn, account.entities).tags, request),
});
