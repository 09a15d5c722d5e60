/**
 * DeletePolicyVersion: removes a version that is not in force.
 *
 * Source: IAM API reference, DeletePolicyVersion.
 */
import { action } from "../action.ts";
import { onPolicy } from "../asking.ts";
import { deleteConflict } from "../errors.ts";
import { policyArn, versionId } from "../fields.ts";
import { ownPolicyOf, versionOf } from "../lookups.ts";
import { required } from "../shapes.ts";

export const deletePolicyVersion = action({
  shape: { PolicyArn: required(policyArn), VersionId: required(versionId) },
  asks: ({ PolicyArn }, call) => onPolicy(PolicyArn, call),
  run: ({ PolicyArn, VersionId }, { account }) => {
    account.change((entities) => {
      const policy = ownPolicyOf(PolicyArn, entities);
      const version = versionOf(VersionId, policy);
      if (version.id === policy.defaultVersion) {
        throw deleteConflict("Cannot delete the default version of a policy.");
      }
      policy.versions = policy.versions.filter(({ id }) => id !== version.id);
    });
  },
});
