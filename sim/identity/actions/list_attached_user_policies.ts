/**
 * ListAttachedUserPolicies: the managed policies that a user holds, in pages.
 *
 * Source: IAM API reference, ListAttachedUserPolicies.
 */
import { action } from "../action.ts";
import { longName, pathPrefix } from "../fields.ts";
import { listAttached, onHolder } from "../holders.ts";
import { pageFields } from "../pages.ts";
import { required } from "../shapes.ts";

export const listAttachedUserPolicies = action({
  shape: { UserName: required(longName), PathPrefix: pathPrefix, ...pageFields },
  asks: ({ UserName }, call) => onHolder("user", UserName, call),
  run: (request, call) => listAttached("user", request.UserName, request, call),
});
