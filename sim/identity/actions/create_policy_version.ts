/**
 * CreatePolicyVersion: another text for a managed policy, in force at once or later.
 *
 * Documented: five versions; a number that was used does not come again.
 *
 * Source: IAM API reference, CreatePolicyVersion.
 */
import { action } from "../action.ts";
import { onPolicy } from "../asking.ts";
import { checkedManaged } from "../documents.ts";
import { limitExceeded } from "../errors.ts";
import { document, policyArn } from "../fields.ts";
import { ownPolicyOf } from "../lookups.ts";
import { boolean, required } from "../shapes.ts";
import { versionShown } from "../views.ts";

export const createPolicyVersion = action({
  shape: {
    PolicyArn: required(policyArn),
    PolicyDocument: required(document),
    SetAsDefault: boolean(),
  },
  asks: ({ PolicyArn }, call) => onPolicy(PolicyArn, call),
  run: ({ PolicyArn, PolicyDocument: text, SetAsDefault = false }, { account }) =>
    account.change((entities) => {
      const policy = ownPolicyOf(PolicyArn, entities);
      checkedManaged(text);
      if (policy.versions.length >= versionsMax) throw limitExceeded(tooMany);
      const version = { id: `v${policy.nextVersion++}`, text, createdMs: account.nowMs() };
      policy.versions.push(version);
      if (SetAsDefault) policy.defaultVersion = version.id;
      policy.updatedMs = account.nowMs();
      return { PolicyVersion: versionShown(version, policy) };
    }),
});

const versionsMax = 5;
const tooMany =
  "A managed policy can have up to 5 versions. Before you create a new version, you " +
  "must delete an existing version.";
