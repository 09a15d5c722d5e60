/**
 * ListPolicies: managed policies, in pages; refused under `policy path /`, as AWS has it.
 *
 * Source: IAM API reference, ListPolicies.
 */
import { awsPolicies } from "../../iam/account/aws_policies.ts";
import { action } from "../action.ts";
import { pathPrefix } from "../fields.ts";
import { page, pageFields } from "../pages.ts";
import { boolean, text } from "../shapes.ts";
import { policyListed, uses } from "../views.ts";

export const listPolicies = action({
  shape: {
    Scope: text({ oneOf: ["All", "AWS", "Local"] }),
    OnlyAttached: boolean(),
    PathPrefix: pathPrefix,
    PolicyUsageFilter: text({ oneOf: ["PermissionsPolicy", "PermissionsBoundary"] }),
    ...pageFields,
  },
  asks: ({ PathPrefix = "/" }) => ({ resource: `policy path ${PathPrefix}` }),
  run: (request, { account }) => {
    const { Scope = "All", OnlyAttached = false, PathPrefix = "/", PolicyUsageFilter } = request;
    const all = [
      ...(Scope === "AWS" ? [] : account.entities.policies.values()),
      ...(Scope === "Local" ? [] : awsPolicies.values()),
    ];
    const policies = all.filter(({ arn, path }) => {
      const { attached, boundaries } = uses(arn, account.entities);
      if (!path.startsWith(PathPrefix)) return false;
      if (PolicyUsageFilter === "PermissionsBoundary") return boundaries > 0;
      return !OnlyAttached || attached > 0;
    });
    const { items, rest } = page(policies, ({ name, arn }) => `${name} ${arn}`, request);
    return { Policies: items.map((policy) => policyListed(policy, account)), ...rest };
  },
});
