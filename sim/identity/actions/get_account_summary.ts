/**
 * GetAccountSummary: how many entities there are, and how many there may be.
 *
 * Source: IAM API reference, GetAccountSummary.
 */
import { action } from "../action.ts";
import { everything } from "../asking.ts";

export const getAccountSummary = action({
  shape: {},
  asks: () => everything,
  run: (_request, { account }) => {
    const { users, groups, roles, instanceProfiles, policies } = account.entities;
    const versions = [...policies.values()].reduce((sum, one) => sum + one.versions.length, 0);
    const counts = {
      Users: users.size,
      Groups: groups.size,
      Roles: roles.size,
      InstanceProfiles: instanceProfiles.size,
      Policies: policies.size,
      PolicyVersionsInUse: versions,
    };
    return { SummaryMap: new Map(Object.entries({ ...counts, ...quotas, ...absent })) };
  },
});

/** Documented. */
const quotas = {
  UsersQuota: 5000,
  GroupsQuota: 300,
  RolesQuota: 1000,
  InstanceProfilesQuota: 1000,
  PoliciesQuota: 1500,
  PolicyVersionsInUseQuota: 10_000,
  AccessKeysPerUserQuota: 2,
  GroupsPerUserQuota: 10,
  AttachedPoliciesPerUserQuota: 10,
  AttachedPoliciesPerGroupQuota: 10,
  AttachedPoliciesPerRoleQuota: 10,
  UserPolicySizeQuota: 2048,
  GroupPolicySizeQuota: 5120,
  RolePolicySizeQuota: 10_240,
  AssumeRolePolicySizeQuota: 2048,
  PolicySizeQuota: 6144,
  VersionsPerPolicyQuota: 5,
  ServerCertificatesQuota: 20,
  SigningCertificatesPerUserQuota: 2,
};

/** What is left out, and so is nowhere. */
const absent = {
  AccountAccessKeysPresent: 0,
  AccountMFAEnabled: 0,
  AccountSigningCertificatesPresent: 0,
  MFADevices: 0,
  MFADevicesInUse: 0,
  Providers: 0,
  ServerCertificates: 0,
};
