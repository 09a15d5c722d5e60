/**
 * ListEntitiesForPolicy: who holds a managed policy, or has it as a boundary, in pages.
 *
 * Source: IAM API reference, ListEntitiesForPolicy.
 */
import { action } from "../action.ts";
import { onPolicy } from "../asking.ts";
import { pathPrefix, policyArn } from "../fields.ts";
import { policyOf } from "../lookups.ts";
import { page, pageFields } from "../pages.ts";
import { required, text } from "../shapes.ts";

export const listEntitiesForPolicy = action({
  shape: {
    PolicyArn: required(policyArn),
    EntityFilter: text({
      oneOf: ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"],
    }),
    PathPrefix: pathPrefix,
    PolicyUsageFilter: text({ oneOf: ["PermissionsPolicy", "PermissionsBoundary"] }),
    ...pageFields,
  },
  asks: ({ PolicyArn }, call) => onPolicy(PolicyArn, call),
  run: (request, { account }) => {
    const { PolicyArn: arn, EntityFilter, PathPrefix = "/", PolicyUsageFilter } = request;
    policyOf(arn, account.entities);
    const holds = ({ attached, boundary }: { attached: string[]; boundary?: string | null }) =>
      (attached.includes(arn) && PolicyUsageFilter !== "PermissionsBoundary") ||
      (boundary === arn && PolicyUsageFilter !== "PermissionsPolicy");
    const { groups, roles, users } = account.entities;
    const all = [
      ...[...groups.values()].filter(holds).map((one) => ({ type: "Group", ...one })),
      ...[...roles.values()].filter(holds).map((one) => ({ type: "Role", ...one })),
      ...[...users.values()].filter(holds).map((one) => ({ type: "User", ...one })),
    ].filter(({ type, path }) =>
      (EntityFilter === undefined || EntityFilter === type) && path.startsWith(PathPrefix)
    );
    const { items, rest } = page(all, ({ type, name }) => `${type} ${name}`, request);
    const shown = (type: string) =>
      items.filter((one) => one.type === type)
        .map(({ name, id }) => ({ [`${type}Name`]: name, [`${type}Id`]: id }));
    return {
      PolicyGroups: shown("Group"),
      PolicyUsers: shown("User"),
      PolicyRoles: shown("Role"),
      ...rest,
    };
  },
});
