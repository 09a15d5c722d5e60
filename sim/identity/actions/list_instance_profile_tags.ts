/**
 * ListInstanceProfileTags: the tags of a instance profile, in pages.
 *
 * Source: IAM API reference, ListInstanceProfileTags.
 */
import { action } from "../action.ts";
import { onProfile } from "../asking.ts";
import { longName } from "../fields.ts";
import { profileOf } from "../lookups.ts";
import { pageFields } from "../pages.ts";
import { required } from "../shapes.ts";
import { listTags } from "../tagging.ts";

export const listInstanceProfileTags = action({
  shape: { InstanceProfileName: required(longName), ...pageFields },
  asks: ({ InstanceProfileName }, call) => onProfile(InstanceProfileName, call),
  run: (request, { account }) =>
    listTags(profileOf(request.InstanceProfileName, account.entities).tags, request),
});
