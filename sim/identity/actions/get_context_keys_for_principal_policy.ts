/**
 * GetContextKeysForPrincipalPolicy: the keys that the policies of a user, a group or a role look for.
 *
 * Source: IAM API reference, GetContextKeysForPrincipalPolicy.
 */
import { action } from "../action.ts";
import { document, policyArn } from "../fields.ts";
import { list, required } from "../shapes.ts";
import { contextKeys, onSource, principalPolicies } from "../simulating.ts";

export const getContextKeysForPrincipalPolicy = action({
  shape: { PolicySourceArn: required(policyArn), PolicyInputList: list(document, { max: 100 }) },
  asks: ({ PolicySourceArn }, call) => onSource(PolicySourceArn, call),
  run: ({ PolicySourceArn, PolicyInputList = [] }, call) => {
    const { sources } = principalPolicies(PolicySourceArn, {}, call);
    const texts = [...sources.map(({ text }) => text), ...PolicyInputList];
    return { ContextKeyNames: contextKeys(texts) };
  },
});
