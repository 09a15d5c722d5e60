/**
 * GetAccountAuthorizationDetails: all users, groups, roles and policies with all their documents, in pages.
 *
 * Source: IAM API reference, GetAccountAuthorizationDetails.
 */
import { action } from "../action.ts";
import { everything } from "../asking.ts";
import { detailsOf, detailTypes } from "../details.ts";
import { pageFields } from "../pages.ts";
import { list, text } from "../shapes.ts";

export const getAccountAuthorizationDetails = action({
  shape: { Filter: list(text({ oneOf: detailTypes })), ...pageFields },
  asks: () => everything,
  run: (request, { account }) => detailsOf(request.Filter ?? detailTypes, request, account),
});
