/**
 * ListAttachedGroupPolicies: the managed policies that a group holds, in pages.
 *
 * Source: IAM API reference, ListAttachedGroupPolicies.
 */
import { action } from "../action.ts";
import { longName, pathPrefix } from "../fields.ts";
import { listAttached, onHolder } from "../holders.ts";
import { pageFields } from "../pages.ts";
import { required } from "../shapes.ts";

export const listAttachedGroupPolicies = action({
  shape: { GroupName: required(longName), PathPrefix: pathPrefix, ...pageFields },
  asks: ({ GroupName }, call) => onHolder("group", GroupName, call),
  run: (request, call) => listAttached("group", request.GroupName, request, call),
});
