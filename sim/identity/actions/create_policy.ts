/**
 * CreatePolicy: a name and a text -> a policy that can be attached, in its version v1.
 *
 * Source: IAM API reference, CreatePolicy.
 */
import { newPolicy } from "../../iam/account/made.ts";
import { action } from "../action.ts";
import { andTags, onNew, requestTags } from "../asking.ts";
import { checkedManaged } from "../documents.ts";
import { description, document, path, policyName, tags } from "../fields.ts";
import { mustBeFree, mustHaveRoom } from "../lookups.ts";
import { required } from "../shapes.ts";
import { addTags } from "../tagging.ts";
import { policyMade } from "../views.ts";

export const createPolicy = action({
  shape: {
    PolicyName: required(policyName),
    PolicyDocument: required(document),
    Path: path,
    Description: description,
    Tags: tags,
  },
  asks: ({ PolicyName: name, Path, Tags }, call) =>
    andTags(onNew("policy", { name, path: Path }, call, requestTags(Tags)), Tags, "iam:TagPolicy"),
  run: (request, { account }) => {
    const { PolicyName: name, PolicyDocument: text, Path: path, Description, Tags } = request;
    const { accountId } = account;
    mustHaveRoom("policies", account);
    const taken = [...account.entities.policies.values()].map((one) => [one.name, one] as const);
    const words = `A policy called ${name} already exists. Duplicate names are not allowed.`;
    mustBeFree(new Map(taken), name, words);
    checkedManaged(text);
    const about = { description: Description ?? null, accountId, nowMs: account.nowMs() };
    const policy = newPolicy({ name, path, text, ...about });
    addTags(policy.tags, Tags);
    account.change(({ policies }) => policies.set(policy.arn, policy));
    return { Policy: policyMade(policy, account) };
  },
});
