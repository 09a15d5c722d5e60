/**
 * Names of the account: ARNs, ids and keys, each as IAM writes it.
 *
 * Source: IAM user guide, "IAM identifiers", "Unique identifiers".
 */
import { randomText } from "../../secrets.ts";
import type { Named } from "./model.ts";

const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const base62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Documented: what the first four signs of an id say. */
export const idPrefixes = {
  user: "AIDA",
  group: "AGPA",
  role: "AROA",
  "instance-profile": "AIPA",
  policy: "ANPA",
} as const;

export type EntityType = keyof typeof idPrefixes;

/** Drawn, not counted: a seed begins anew at each start, and an id must not come twice. */
export function newId(type: EntityType): string {
  return idPrefixes[type] + randomText(17, base32);
}

export function newUserKey(): { id: string; secret: string } {
  return { id: `AKIA${randomText(16, base32)}`, secret: randomText(40, base62) };
}

/** The token means nothing: what it stands for is in the file of sessions. */
export function newSessionKey(): { id: string; secret: string; token: string } {
  const token = `IQoJb3JpZ2luX2Vj${randomText(240, base62)}`;
  return { id: `ASIA${randomText(16, base32)}`, secret: randomText(40, base62), token };
}

export function arnOf(
  type: EntityType,
  { path, name }: Pick<Named, "path" | "name">,
  accountId: string,
): string {
  return `arn:aws:iam::${accountId}:${type}${path}${name}`;
}

export function sessionArn(role: string, sessionName: string, accountId: string): string {
  return `arn:aws:sts::${accountId}:assumed-role/${role}/${sessionName}`;
}
