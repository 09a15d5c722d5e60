/**
 * ListPolicyVersions: the versions of a managed policy, the newest first.
 *
 * Source: IAM API reference, ListPolicyVersions.
 */
import { action } from "../action.ts";
import { onPolicy } from "../asking.ts";
import { policyArn } from "../fields.ts";
import { policyOf } from "../lookups.ts";
import { page, pageFields } from "../pages.ts";
import { required } from "../shapes.ts";
import { versionShown } from "../views.ts";

export const listPolicyVersions = action({
  shape: { PolicyArn: required(policyArn), ...pageFields },
  asks: ({ PolicyArn }, call) => onPolicy(PolicyArn, call),
  run: (request, { account }) => {
    const policy = policyOf(request.PolicyArn, account.entities);
    // The newest first, also beyond v9.
    const keyOf = ({ id }: { id: string }) => String(1e9 - Number(id.slice(1)));
    const { items, rest } = page(policy.versions, keyOf, request);
    return { Versions: items.map((version) => versionShown(version, policy)), ...rest };
  },
});
