/**
 * SetDefaultPolicyVersion: which version of a managed policy is in force.
 *
 * Source: IAM API reference, SetDefaultPolicyVersion.
 */
import { action } from "../action.ts";
import { onPolicy } from "../asking.ts";
import { policyArn, versionId } from "../fields.ts";
import { ownPolicyOf, versionOf } from "../lookups.ts";
import { required } from "../shapes.ts";

export const setDefaultPolicyVersion = action({
  shape: { PolicyArn: required(policyArn), VersionId: required(versionId) },
  asks: ({ PolicyArn }, call) => onPolicy(PolicyArn, call),
  run: ({ PolicyArn, VersionId }, { account }) => {
    account.change((entities) => {
      const policy = ownPolicyOf(PolicyArn, entities);
      policy.defaultVersion = versionOf(VersionId, policy).id;
      policy.updatedMs = account.nowMs();
    });
  },
});
