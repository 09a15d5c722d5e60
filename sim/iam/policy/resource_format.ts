/**
 * Format of resources in permissions: what IAM finds wrong with one, in its words.
 *
 * Source: as permission_rules.ts.
 */

const withoutRegion: Readonly<Record<string, (resource: string) => string>> = {
  iam: (resource) => `IAM resource ${resource} cannot contain region information.`,
  s3: (resource) => `Resource ${resource} can not contain region information.`,
};

const iamPaths = [
  ...["user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/"],
  ...["server-certificate/", "policy/", "sms-mfa/", "saml-provider/", "oidc-provider/"],
  ...["report/", "access-report/"],
];

/** null: nothing is. */
export function resourceProblem(resource: string): string | null {
  if (resource === "*") return null;
  const [arn, partition, service, region, account, ...rest] = resource.split(":");
  if (arn === undefined || partition === undefined) {
    return `Resource ${resource} must be in ARN format or "*".`;
  }
  if (partition !== "aws") {
    const given = [service, region, account, rest.length > 0 ? rest.join(":") : undefined];
    const shown = given.map((part) => part ?? "*").join(":");
    return `Partition "${partition}" is not valid for resource "arn:${partition}:${shown}".`;
  }
  if (service === undefined) {
    return "Resource vendor must be fully qualified and cannot contain regexes.";
  }
  const regional = withoutRegion[service];
  if (regional !== undefined && region !== undefined && region !== "") return regional(resource);
  return service === "iam" ? iamProblem(rest.join(":")) : null;
}

function iamProblem(path: string): string | null {
  if (path === "*" || iamPaths.some((start) => path.startsWith(start))) return null;
  return `IAM resource path must either be "*" or start with ${iamPaths.join(", ")}.`;
}
