/**
 * DeletePolicy: removes a managed policy that nobody holds and that has one version left.
 *
 * Source: IAM API reference, DeletePolicy.
 */
import { action } from "../action.ts";
import { onPolicy } from "../asking.ts";
import { deleteConflict } from "../errors.ts";
import { policyArn } from "../fields.ts";
import { ownPolicyOf } from "../lookups.ts";
import { required } from "../shapes.ts";
import { uses } from "../views.ts";

export const deletePolicy = action({
  shape: { PolicyArn: required(policyArn) },
  asks: ({ PolicyArn }, call) => onPolicy(PolicyArn, call),
  run: ({ PolicyArn }, { account }) => {
    const policy = ownPolicyOf(PolicyArn, account.entities);
    const { attached, boundaries } = uses(PolicyArn, account.entities);
    if (attached > 0 || boundaries > 0) {
      throw deleteConflict("Cannot delete a policy attached to entities.");
    }
    if (policy.versions.length > 1) {
      throw deleteConflict(
        "This policy has more than one version. Before you delete a policy, you must delete the " +
          "policy's versions. The default version is deleted with the policy.",
      );
    }
    account.change(({ policies }) => policies.delete(PolicyArn));
  },
});
