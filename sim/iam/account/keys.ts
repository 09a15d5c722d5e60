/** Keys: an access key id -> the key and its principal, as the account knows them now. */
import type { AccessKey, AwsPrincipal } from "../principal.ts";
import type { Entities, User } from "./model.ts";
import { arnOf, sessionArn } from "./names.ts";
import type { KeptSession } from "./sessions.ts";

/** The key of a user; none if there is none, or if it is inactive. */
export function userKey(
  accessKeyId: string,
  { users }: Entities,
  accountId: string,
): AccessKey | undefined {
  for (const user of users.values()) {
    const key = user.keys.find(({ id }) => id === accessKeyId);
    if (key === undefined) continue;
    if (!key.isActive) return undefined;
    const principal = userPrincipal(user, accessKeyId, accountId);
    return { accessKeyId, secretAccessKey: key.secret, sessionToken: null, principal };
  }
  return undefined;
}

function userPrincipal(user: User, accessKeyId: string, accountId: string): AwsPrincipal {
  return {
    kind: "aws",
    arn: arnOf("user", user, accountId),
    accountId,
    userId: user.id,
    accessKeyId,
    entity: { type: "user", name: user.name },
    session: null,
  };
}

/** None if its user or role is gone, or is another one by now. */
export function sessionKey(
  kept: KeptSession,
  { users, roles }: Entities,
  accountId: string,
): AccessKey | undefined {
  const { id: accessKeyId, secret, token, entityId, name } = kept;
  const session = {
    name,
    policies: kept.policies,
    tags: Object.fromEntries(kept.tags),
    issuedMs: kept.issuedMs,
    expiresMs: kept.expiresMs,
  };
  const about = { secretAccessKey: secret, sessionToken: token, accessKeyId };
  if (kept.entity.type === "user") {
    // A renamed user is the same user.
    const user = [...users.values()].find(({ id }) => id === entityId);
    if (user === undefined) return undefined;
    return { ...about, principal: { ...userPrincipal(user, accessKeyId, accountId), session } };
  }
  const role = kept.entity.type === "role" ? roles.get(kept.entity.name) : undefined;
  if (role === undefined || role.id !== entityId) return undefined;
  const principal: AwsPrincipal = {
    kind: "aws",
    arn: sessionArn(role.name, name ?? "", accountId),
    accountId,
    userId: `${role.id}:${name}`,
    accessKeyId,
    entity: { type: "role", name: role.name },
    session,
  };
  return { ...about, principal };
}
