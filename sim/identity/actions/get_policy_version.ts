/**
 * GetPolicyVersion: the text of one version of a managed policy, percent-encoded.
 *
 * Source: IAM API reference, GetPolicyVersion.
 */
import { encodeUri } from "../../net/uri.ts";
import { action } from "../action.ts";
import { onPolicy } from "../asking.ts";
import { policyArn, versionId } from "../fields.ts";
import { policyOf, versionOf } from "../lookups.ts";
import { required } from "../shapes.ts";
import { versionShown } from "../views.ts";

export const getPolicyVersion = action({
  shape: { PolicyArn: required(policyArn), VersionId: required(versionId) },
  asks: ({ PolicyArn }, call) => onPolicy(PolicyArn, call),
  run: ({ PolicyArn, VersionId }, { account }) => {
    const policy = policyOf(PolicyArn, account.entities);
    const version = versionOf(VersionId, policy);
    const Document = encodeUri(version.text);
    return { PolicyVersion: { Document, ...versionShown(version, policy) } };
  },
});
