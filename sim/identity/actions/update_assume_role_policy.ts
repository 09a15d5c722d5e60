/**
 * UpdateAssumeRolePolicy: another trust policy; sessions that are open stay open.
 *
 * Source: IAM API reference, UpdateAssumeRolePolicy.
 */
import { action } from "../action.ts";
import { onRole } from "../asking.ts";
import { checkedTrust } from "../documents.ts";
import { document, roleName } from "../fields.ts";
import { roleOf } from "../lookups.ts";
import { required } from "../shapes.ts";

export const updateAssumeRolePolicy = action({
  shape: { RoleName: required(roleName), PolicyDocument: required(document) },
  asks: ({ RoleName }, call) => onRole(RoleName, call),
  run: ({ RoleName, PolicyDocument }, { account }) => {
    account.change((entities) => {
      const role = roleOf(RoleName, entities);
      checkedTrust(PolicyDocument, account);
      role.trust = PolicyDocument;
    });
  },
});
