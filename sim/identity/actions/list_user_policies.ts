/**
 * ListUserPolicies: the names of the policies of the user alone, in pages.
 *
 * Source: IAM API reference, ListUserPolicies.
 */
import { action } from "../action.ts";
import { longName } from "../fields.ts";
import { listInline, onHolder } from "../holders.ts";
import { pageFields } from "../pages.ts";
import { required } from "../shapes.ts";

export const listUserPolicies = action({
  shape: { UserName: required(longName), ...pageFields },
  asks: ({ UserName }, call) => onHolder("user", UserName, call),
  run: (request, call) => listInline("user", request.UserName, request, call),
});
