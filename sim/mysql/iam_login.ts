/**
 * IAM login: a token in place of a password -> whose key signed it, or nobody.
 *
 *   token   <host>:<port>/?Action=connect&DBUser=<user>&X-Amz-Algorithm=…&X-Amz-Signature=…
 *
 * A presigned address without its scheme, good for fifteen minutes, and only for the user and the
 * address that it names. The client sends it as its password, in the clear below TLS. What does not
 * hold is told as a wrong password is.
 *
 * Source: RDS user guide, "IAM database authentication for MariaDB, MySQL, and PostgreSQL".
 * Left out: the limit of 200 new connections a second.
 */
import { hash } from "node:crypto";
import type { Door } from "../iam/door.ts";
import type { AwsPrincipal } from "../iam/principal.ts";
import { parseClaim, sha256Hex, verifyClaim } from "../net/sigv4.ts";
import { parseQuery } from "../net/uri.ts";
import type { World } from "../world.ts";

export const clearPlugin = "mysql_clear_password";

/** Who logs in by IAM, and not by a password. */
export interface IamUsers {
  names: readonly string[];
  /** Whom it asks for keys, and for `rds-db:connect`. */
  door: Door;
  region: string;
}

/** The database that a token is for. */
export interface Database {
  port: number;
  accountId: string;
  resourceId: string;
  nowMs: () => number;
}

/** Documented. */
const tokenSecondsMax = 900;
const skewMs = 300_000;
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** `db-` and 26 letters and digits, by which policies name the database; one for each account. */
export function resourceIdOf({ accountId }: Pick<World, "accountId">): string {
  const digits = hash("sha256", `mysql of ${accountId}`, "hex");
  const letter = (_: unknown, at: number) =>
    letters[parseInt(digits.slice(2 * at, 2 * at + 2), 16) % 32];
  return `db-${Array.from({ length: 26 }, letter).join("")}`;
}

/** What `rds-db:connect` is asked for on. */
export function userArn(user: string, region: string, database: Omit<Database, "port" | "nowMs">) {
  const { accountId, resourceId } = database;
  return `arn:aws:rds-db:${region}:${accountId}:dbuser:${resourceId}/${user}`;
}

/** Who signed the token, if it is good for this user here and the signer may connect. */
export function provenBy(
  token: string,
  user: string,
  { door, region }: IamUsers,
  database: Database,
): AwsPrincipal | null {
  const principal = signerOf(token, user, { door, region, database });
  if (principal === null) return null;
  const resource = userArn(user, region, database);
  const refused = door.refusalOf({ principal, action: "rds-db:connect", resource });
  return refused === null ? principal : null;
}

function signerOf(
  token: string,
  user: string,
  { door, region, database }: { door: Door; region: string; database: Database },
): AwsPrincipal | null {
  const [address = "", query = ""] = token.split("/?", 2);
  const { port, nowMs } = database;
  if (address !== `127.0.0.1:${port}` && address !== `localhost:${port}`) return null;
  const parameters = new Map(parseQuery(query) ?? []);
  if (parameters.get("Action") !== "connect" || parameters.get("DBUser") !== user) return null;
  const request = { method: "GET", path: "/", query, headers: new Map([["host", address]]) };
  const parsed = parseClaim(request);
  if (parsed.kind !== "claim") return null;
  const { claim } = parsed;
  if (claim.expiresSeconds === null || claim.expiresSeconds > tokenSecondsMax) return null;
  const verdict = verifyClaim(request, claim, {
    region,
    service: "rds-db",
    nowMs: nowMs(),
    skewMs,
    pathForm: "twice",
    payloadHash: sha256Hex(""),
    keyOf: door.keyOf,
    mustSign: () => false,
  });
  return verdict.kind === "good" ? verdict.principal : null;
}
