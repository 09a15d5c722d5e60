/** All actions of IAM by their names. */
import type { Action } from "./action.ts";
import { addRoleToInstanceProfile } from "./actions/add_role_to_instance_profile.ts";
import { addUserToGroup } from "./actions/add_user_to_group.ts";
import { attachGroupPolicy } from "./actions/attach_group_policy.ts";
import { attachRolePolicy } from "./actions/attach_role_policy.ts";
import { attachUserPolicy } from "./actions/attach_user_policy.ts";
import { createAccessKey } from "./actions/create_access_key.ts";
import { createAccountAlias } from "./actions/create_account_alias.ts";
import { createGroup } from "./actions/create_group.ts";
import { createInstanceProfile } from "./actions/create_instance_profile.ts";
import { createPolicy } from "./actions/create_policy.ts";
import { createPolicyVersion } from "./actions/create_policy_version.ts";
import { createRole } from "./actions/create_role.ts";
import { createUser } from "./actions/create_user.ts";
import { deleteAccessKey } from "./actions/delete_access_key.ts";
import { deleteAccountAlias } from "./actions/delete_account_alias.ts";
import { deleteGroup } from "./actions/delete_group.ts";
import { deleteGroupPolicy } from "./actions/delete_group_policy.ts";
import { deleteInstanceProfile } from "./actions/delete_instance_profile.ts";
import { deletePolicy } from "./actions/delete_policy.ts";
import { deletePolicyVersion } from "./actions/delete_policy_version.ts";
import { deleteRole } from "./actions/delete_role.ts";
import { deleteRolePermissionsBoundary } from "./actions/delete_role_permissions_boundary.ts";
import { deleteRolePolicy } from "./actions/delete_role_policy.ts";
import { deleteUser } from "./actions/delete_user.ts";
import { deleteUserPermissionsBoundary } from "./actions/delete_user_permissions_boundary.ts";
import { deleteUserPolicy } from "./actions/delete_user_policy.ts";
import { detachGroupPolicy } from "./actions/detach_group_policy.ts";
import { detachRolePolicy } from "./actions/detach_role_policy.ts";
import { detachUserPolicy } from "./actions/detach_user_policy.ts";
import { getAccessKeyLastUsed } from "./actions/get_access_key_last_used.ts";
import { getAccountAuthorizationDetails } from "./actions/get_account_authorization_details.ts";
import { getAccountSummary } from "./actions/get_account_summary.ts";
import { getContextKeysForCustomPolicy } from "./actions/get_context_keys_for_custom_policy.ts";
import { getContextKeysForPrincipalPolicy } from "./actions/get_context_keys_for_principal_policy.ts";
import { getGroup } from "./actions/get_group.ts";
import { getGroupPolicy } from "./actions/get_group_policy.ts";
import { getInstanceProfile } from "./actions/get_instance_profile.ts";
import { getPolicy } from "./actions/get_policy.ts";
import { getPolicyVersion } from "./actions/get_policy_version.ts";
import { getRole } from "./actions/get_role.ts";
import { getRolePolicy } from "./actions/get_role_policy.ts";
import { getUser } from "./actions/get_user.ts";
import { getUserPolicy } from "./actions/get_user_policy.ts";
import { listAccessKeys } from "./actions/list_access_keys.ts";
import { listAccountAliases } from "./actions/list_account_aliases.ts";
import { listAttachedGroupPolicies } from "./actions/list_attached_group_policies.ts";
import { listAttachedRolePolicies } from "./actions/list_attached_role_policies.ts";
import { listAttachedUserPolicies } from "./actions/list_attached_user_policies.ts";
import { listEntitiesForPolicy } from "./actions/list_entities_for_policy.ts";
import { listGroupPolicies } from "./actions/list_group_policies.ts";
import { listGroups } from "./actions/list_groups.ts";
import { listGroupsForUser } from "./actions/list_groups_for_user.ts";
import { listInstanceProfileTags } from "./actions/list_instance_profile_tags.ts";
import { listInstanceProfiles } from "./actions/list_instance_profiles.ts";
import { listInstanceProfilesForRole } from "./actions/list_instance_profiles_for_role.ts";
import { listPolicies } from "./actions/list_policies.ts";
import { listPolicyTags } from "./actions/list_policy_tags.ts";
import { listPolicyVersions } from "./actions/list_policy_versions.ts";
import { listRolePolicies } from "./actions/list_role_policies.ts";
import { listRoleTags } from "./actions/list_role_tags.ts";
import { listRoles } from "./actions/list_roles.ts";
import { listUserPolicies } from "./actions/list_user_policies.ts";
import { listUserTags } from "./actions/list_user_tags.ts";
import { listUsers } from "./actions/list_users.ts";
import { putGroupPolicy } from "./actions/put_group_policy.ts";
import { putRolePermissionsBoundary } from "./actions/put_role_permissions_boundary.ts";
import { putRolePolicy } from "./actions/put_role_policy.ts";
import { putUserPermissionsBoundary } from "./actions/put_user_permissions_boundary.ts";
import { putUserPolicy } from "./actions/put_user_policy.ts";
import { removeRoleFromInstanceProfile } from "./actions/remove_role_from_instance_profile.ts";
import { removeUserFromGroup } from "./actions/remove_user_from_group.ts";
import { setDefaultPolicyVersion } from "./actions/set_default_policy_version.ts";
import { simulateCustomPolicy } from "./actions/simulate_custom_policy.ts";
import { simulatePrincipalPolicy } from "./actions/simulate_principal_policy.ts";
import { tagInstanceProfile } from "./actions/tag_instance_profile.ts";
import { tagPolicy } from "./actions/tag_policy.ts";
import { tagRole } from "./actions/tag_role.ts";
import { tagUser } from "./actions/tag_user.ts";
import { untagInstanceProfile } from "./actions/untag_instance_profile.ts";
import { untagPolicy } from "./actions/untag_policy.ts";
import { untagRole } from "./actions/untag_role.ts";
import { untagUser } from "./actions/untag_user.ts";
import { updateAccessKey } from "./actions/update_access_key.ts";
import { updateAssumeRolePolicy } from "./actions/update_assume_role_policy.ts";
import { updateGroup } from "./actions/update_group.ts";
import { updateRole } from "./actions/update_role.ts";
import { updateRoleDescription } from "./actions/update_role_description.ts";
import { updateUser } from "./actions/update_user.ts";

const byName: Readonly<Record<string, Action>> = {
  AddRoleToInstanceProfile: addRoleToInstanceProfile,
  AddUserToGroup: addUserToGroup,
  AttachGroupPolicy: attachGroupPolicy,
  AttachRolePolicy: attachRolePolicy,
  AttachUserPolicy: attachUserPolicy,
  CreateAccessKey: createAccessKey,
  CreateAccountAlias: createAccountAlias,
  CreateGroup: createGroup,
  CreateInstanceProfile: createInstanceProfile,
  CreatePolicy: createPolicy,
  CreatePolicyVersion: createPolicyVersion,
  CreateRole: createRole,
  CreateUser: createUser,
  DeleteAccessKey: deleteAccessKey,
  DeleteAccountAlias: deleteAccountAlias,
  DeleteGroup: deleteGroup,
  DeleteGroupPolicy: deleteGroupPolicy,
  DeleteInstanceProfile: deleteInstanceProfile,
  DeletePolicy: deletePolicy,
  DeletePolicyVersion: deletePolicyVersion,
  DeleteRole: deleteRole,
  DeleteRolePermissionsBoundary: deleteRolePermissionsBoundary,
  DeleteRolePolicy: deleteRolePolicy,
  DeleteUser: deleteUser,
  DeleteUserPermissionsBoundary: deleteUserPermissionsBoundary,
  DeleteUserPolicy: deleteUserPolicy,
  DetachGroupPolicy: detachGroupPolicy,
  DetachRolePolicy: detachRolePolicy,
  DetachUserPolicy: detachUserPolicy,
  GetAccessKeyLastUsed: getAccessKeyLastUsed,
  GetAccountAuthorizationDetails: getAccountAuthorizationDetails,
  GetAccountSummary: getAccountSummary,
  GetContextKeysForCustomPolicy: getContextKeysForCustomPolicy,
  GetContextKeysForPrincipalPolicy: getContextKeysForPrincipalPolicy,
  GetGroup: getGroup,
  GetGroupPolicy: getGroupPolicy,
  GetInstanceProfile: getInstanceProfile,
  GetPolicy: getPolicy,
  GetPolicyVersion: getPolicyVersion,
  GetRole: getRole,
  GetRolePolicy: getRolePolicy,
  GetUser: getUser,
  GetUserPolicy: getUserPolicy,
  ListAccessKeys: listAccessKeys,
  ListAccountAliases: listAccountAliases,
  ListAttachedGroupPolicies: listAttachedGroupPolicies,
  ListAttachedRolePolicies: listAttachedRolePolicies,
  ListAttachedUserPolicies: listAttachedUserPolicies,
  ListEntitiesForPolicy: listEntitiesForPolicy,
  ListGroupPolicies: listGroupPolicies,
  ListGroups: listGroups,
  ListGroupsForUser: listGroupsForUser,
  ListInstanceProfileTags: listInstanceProfileTags,
  ListInstanceProfiles: listInstanceProfiles,
  ListInstanceProfilesForRole: listInstanceProfilesForRole,
  ListPolicies: listPolicies,
  ListPolicyTags: listPolicyTags,
  ListPolicyVersions: listPolicyVersions,
  ListRolePolicies: listRolePolicies,
  ListRoleTags: listRoleTags,
  ListRoles: listRoles,
  ListUserPolicies: listUserPolicies,
  ListUserTags: listUserTags,
  ListUsers: listUsers,
  PutGroupPolicy: putGroupPolicy,
  PutRolePermissionsBoundary: putRolePermissionsBoundary,
  PutRolePolicy: putRolePolicy,
  PutUserPermissionsBoundary: putUserPermissionsBoundary,
  PutUserPolicy: putUserPolicy,
  RemoveRoleFromInstanceProfile: removeRoleFromInstanceProfile,
  RemoveUserFromGroup: removeUserFromGroup,
  SetDefaultPolicyVersion: setDefaultPolicyVersion,
  SimulateCustomPolicy: simulateCustomPolicy,
  SimulatePrincipalPolicy: simulatePrincipalPolicy,
  TagInstanceProfile: tagInstanceProfile,
  TagPolicy: tagPolicy,
  TagRole: tagRole,
  TagUser: tagUser,
  UntagInstanceProfile: untagInstanceProfile,
  UntagPolicy: untagPolicy,
  UntagRole: untagRole,
  UntagUser: untagUser,
  UpdateAccessKey: updateAccessKey,
  UpdateAssumeRolePolicy: updateAssumeRolePolicy,
  UpdateGroup: updateGroup,
  UpdateRole: updateRole,
  UpdateRoleDescription: updateRoleDescription,
  UpdateUser: updateUser,
};

export const iamActions: ReadonlyMap<string, Action> = new Map(Object.entries(byName));
