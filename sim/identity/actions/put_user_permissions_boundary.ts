/**
 * PutUserPermissionsBoundary: a policy beyond which a user may nothing, whatever else allows it.
 *
 * Source: IAM API reference, PutUserPermissionsBoundary.
 */
import { action } from "../action.ts";
import { onUser, withBoundary } from "../asking.ts";
import { longName, policyArn } from "../fields.ts";
import { boundaryMustBe, userOf } from "../lookups.ts";
import { required } from "../shapes.ts";

export const putUserPermissionsBoundary = action({
  shape: { UserName: required(longName), PermissionsBoundary: required(policyArn) },
  asks: ({ UserName, PermissionsBoundary }, call) =>
    onUser(UserName, call, withBoundary(PermissionsBoundary)),
  run: ({ UserName, PermissionsBoundary }, { account }) => {
    account.change((entities) => {
      const user = userOf(UserName, entities);
      boundaryMustBe(PermissionsBoundary, entities);
      user.boundary = PermissionsBoundary;
    });
  },
});
