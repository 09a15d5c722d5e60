/**
 * Principal: who asks, as the verification of a service has found it.
 *
 *   aws      an access key of the account: an IAM user, or the session of a role
 *   account  a name that one service alone knows: a user of MySQL, of Kafka, of Databricks
 *   anonymous  nobody was asked to prove anything, or nobody has
 *
 * Whoever knows the action learns it too: policies will be decided there, and requests are told
 * from there. Left out: policies.
 *
 * Source: IAM user guide, "IAM identifiers"; "AWS JSON policy elements: Principal".
 */
export type Principal =
  | { kind: "anonymous" }
  | { kind: "account"; name: string }
  | {
    kind: "aws";
    arn: string;
    /** Twelve digits. */
    accountId: string;
    accessKeyId: string;
    /** Of a role that was assumed; null for a user. */
    sessionName: string | null;
  };

/** A key, its secret, and who signs with it. */
export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
  principal: Principal;
}

type KeyPair = Omit<AccessKey, "principal">;

export const anonymous: Principal = { kind: "anonymous" };

/** The key of an IAM user. */
export function userKey(pair: KeyPair, accountId: string, user: string): AccessKey {
  return keyOf(pair, accountId, `arn:aws:iam::${accountId}:user/${user}`, null);
}

/** The key of a role's session. */
export function roleKey(
  pair: KeyPair,
  accountId: string,
  { role, sessionName }: { role: string; sessionName: string },
): AccessKey {
  const arn = `arn:aws:sts::${accountId}:assumed-role/${role}/${sessionName}`;
  return keyOf(pair, accountId, arn, sessionName);
}

function keyOf(
  { accessKeyId, secretAccessKey }: KeyPair,
  accountId: string,
  arn: string,
  sessionName: string | null,
): AccessKey {
  const principal: Principal = { kind: "aws", arn, accountId, accessKeyId, sessionName };
  return { accessKeyId, secretAccessKey, principal };
}

/** Finds a key by its id. */
export function keysById(keys: readonly AccessKey[]): (id: string) => AccessKey | undefined {
  const byId = new Map(keys.map((key) => [key.accessKeyId, key]));
  return (id) => byId.get(id);
}

/** In one word, for people. */
export function nameOf(principal: Principal): string {
  switch (principal.kind) {
    case "anonymous":
      return "anonymous";
    case "account":
      return principal.name;
    case "aws":
      return principal.arn;
  }
}
