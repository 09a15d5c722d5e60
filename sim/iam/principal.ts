/**
 * Principal: who asks, as the verification of a service has found it.
 *
 *   aws      an access key of the account: its root, an IAM user, or the session of a role
 *   account  a name that one service alone knows: a user of MySQL, of Kafka, of Databricks
 *   service  one of AWS's own services, which asks to take on a role
 *   anonymous  nobody was asked to prove anything, or nobody has
 *
 * Whoever knows the action asks a door (see door.ts) whether this principal may do it.
 *
 * Source: IAM user guide, "IAM identifiers"; "AWS JSON policy elements: Principal".
 */
export type Principal =
  | { kind: "anonymous" }
  | { kind: "account"; name: string }
  | { kind: "service"; name: string }
  | AwsPrincipal;

export interface AwsPrincipal {
  kind: "aws";
  /** As in denials: of a session `arn:aws:sts::…:assumed-role/<role>/<session>`. */
  arn: string;
  /** Twelve digits. */
  accountId: string;
  /** `aws:userid`: AIDA… of a user, AROA…:<session> of a role, the account of its root. */
  userId: string;
  accessKeyId: string;
  /** Whose policies count. */
  entity: Entity;
  /** What only this session has; null for a long-lived key. */
  session: Session | null;
}

/** As the account knows it. */
export type Entity =
  | { type: "root" }
  | { type: "user"; name: string }
  | { type: "role"; name: string };

/** Of credentials that end by themselves. */
export interface Session {
  /** Of a role that was assumed; null for GetSessionToken. */
  name: string | null;
  /** Texts of the policies that narrow it; empty: none does. */
  policies: readonly string[];
  /** `aws:PrincipalTag/…` beside those of the role. */
  tags: Readonly<Record<string, string>>;
  issuedMs: number;
  expiresMs: number;
}

/** A key, its secret, and who signs with it. */
export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
  /** That a request must bring along; null: none. */
  sessionToken: string | null;
  principal: AwsPrincipal;
}

interface KeyPair {
  accessKeyId: string;
  secretAccessKey: string;
}

export const anonymous: Principal = { kind: "anonymous" };

/** The long-lived key of an IAM user. */
export function userKey(pair: KeyPair, accountId: string, user: string): AccessKey {
  const { accessKeyId, secretAccessKey } = pair;
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken: null,
    principal: {
      kind: "aws",
      arn: `arn:aws:iam::${accountId}:user/${user}`,
      accountId,
      userId: `AIDA${user}`,
      accessKeyId,
      entity: { type: "user", name: user },
      session: null,
    },
  };
}

/** A key of a role's session that does not end by itself. */
export function roleKey(
  pair: KeyPair,
  accountId: string,
  { role, sessionName }: { role: string; sessionName: string },
): AccessKey {
  const { accessKeyId, secretAccessKey } = pair;
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken: null,
    principal: {
      kind: "aws",
      arn: `arn:aws:sts::${accountId}:assumed-role/${role}/${sessionName}`,
      accountId,
      userId: `AROA${role}:${sessionName}`,
      accessKeyId,
      entity: { type: "role", name: role },
      session: {
        name: sessionName,
        policies: [],
        tags: {},
        issuedMs: 0,
        expiresMs: Number.POSITIVE_INFINITY,
      },
    },
  };
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
    case "service":
      return principal.name;
    case "aws":
      return principal.arn;
  }
}
