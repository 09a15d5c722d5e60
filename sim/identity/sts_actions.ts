/** All actions of STS by their names. */
import type { Action } from "./action.ts";
import { assumeRole } from "./actions/assume_role.ts";
import { getAccessKeyInfo } from "./actions/get_access_key_info.ts";
import { getCallerIdentity } from "./actions/get_caller_identity.ts";
import { getSessionToken } from "./actions/get_session_token.ts";

const byName: Readonly<Record<string, Action>> = {
  AssumeRole: assumeRole,
  GetAccessKeyInfo: getAccessKeyInfo,
  GetCallerIdentity: getCallerIdentity,
  GetSessionToken: getSessionToken,
};

export const stsActions: ReadonlyMap<string, Action> = new Map(Object.entries(byName));
