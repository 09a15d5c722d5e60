/**
 * ListGroupPolicies: the names of the policies of the group alone, in pages.
 *
 * Source: IAM API reference, ListGroupPolicies.
 */
import { action } from "../action.ts";
import { longName } from "../fields.ts";
import { listInline, onHolder } from "../holders.ts";
import { pageFields } from "../pages.ts";
import { required } from "../shapes.ts";

export const listGroupPolicies = action({
  shape: { GroupName: required(longName), ...pageFields },
  asks: ({ GroupName }, call) => onHolder("group", GroupName, call),
  run: (request, call) => listInline("group", request.GroupName, request, call),
});
