/**
 * Login: a new connection -> who it is, or a refusal.
 *
 *   greeting -> [SSLRequest -> TLS ->] login -> [auth switch, more data] -> OK or ERR
 *
 * One account with a password, others that log in by IAM, and no anonymous one. A client is heard
 * in the plugin that it names itself: old clients know only mysql_native_password, those of MySQL 9
 * only caching_sha2_password. Who logs in by IAM is asked for a token in the clear, and only below
 * TLS.
 *
 * Documented: error texts as in the MySQL 8.0 reference; an unknown user and a wrong password
 * are told the same.
 * Left out: RSA key exchange. Without TLS a wrong password is refused at once, where a real
 * server would first ask for it again, encrypted.
 */
import type { Principal } from "../iam/principal.ts";
import type { Certificate } from "./certificate.ts";
import { MysqlError, unknownDatabase } from "./errors.ts";
import { clearPlugin, type Database, type IamUsers, provenBy } from "./iam_login.ts";
import {
  cachingPlugin,
  cachingProof,
  certificateProof,
  equalBytes,
  makeScramble,
  nativePlugin,
  nativeProof,
} from "./passwords.ts";
import type { Channel } from "./wire/channel.ts";
import {
  authMore,
  authSwitch,
  capability,
  greeting,
  isSslRequest,
  type LoginRequest,
  readLogin,
} from "./wire/packets.ts";

export interface Account {
  user: string;
  password: string;
  database: string;
}

export interface LoginContext {
  account: Account;
  /** Users beside that account; null: there are none. */
  iamUsers: IamUsers | null;
  /** For which their tokens are. */
  instance: Database;
  random: () => number;
  version: string;
  connectionId: number;
  /** Makes the certificate when it is first needed. */
  certificate: () => Certificate;
  /** True once someone has logged in with caching_sha2_password: later logins are short. */
  cached: { isWarm: boolean };
}

export interface LoggedIn {
  capabilities: number;
  user: string;
  principal: Principal;
  database: string | null;
  scramble: Uint8Array;
  isTls: boolean;
  /** For the OK packet. */
  info: string;
}

/** Databases that every account sees beside its own. */
export const systemDatabases = ["information_schema", "performance_schema"];

/** Null: the client went away. */
export async function logIn(channel: Channel, ctx: LoginContext): Promise<LoggedIn | null> {
  const scramble = makeScramble(ctx.random);
  const { version, connectionId } = ctx;
  channel.write(greeting({ version, connectionId, scramble, plugin: nativePlugin }));
  await channel.flush();
  let payload = await channel.read();
  let certificate: Certificate | null = null;
  if (payload !== null && isSslRequest(payload)) {
    certificate = ctx.certificate();
    await upgradeToTls(channel, certificate);
    payload = await channel.read();
  }
  if (payload === null) return null;
  const request = readLogin(payload);
  const session = { scramble, isTls: certificate !== null };
  const proven = await authenticate(channel, ctx, request, session);
  if (proven === null) return null;
  const info = certificate === null || ctx.account.password === "" || proven.scramble === null
    ? ""
    : certificateProof(ctx.account.password, proven.scramble, certificate.fingerprint);
  const { capabilities, user } = request;
  const { principal } = proven;
  const database = chooseDatabase(request, ctx);
  return { capabilities, user, principal, database, info, ...session };
}

async function upgradeToTls(channel: Channel, { key, certificate }: Certificate): Promise<void> {
  const { TLSSocket } = await import("node:tls");
  channel.upgrade((socket) => new TLSSocket(socket, { isServer: true, key, cert: certificate }));
}

interface Proven {
  principal: Principal;
  /** The one that the proof was made with; null: it was made with none. */
  scramble: Uint8Array | null;
}

/**
 * Hears the client's proof, in the plugin of its choice; again, if it was made with a scramble
 * that is not this one (`null`: of long ago).
 * @throws {MysqlError} if it proves nothing.
 */
export async function authenticate(
  channel: Channel,
  ctx: LoginContext,
  request: LoginRequest,
  { scramble, isTls }: { scramble: Uint8Array | null; isTls: boolean },
): Promise<Proven | null> {
  if (!(request.capabilities & capability.protocol41)) throw handshakeError();
  const { iamUsers } = ctx;
  if (iamUsers?.names.includes(request.user)) {
    return await authenticateByToken(channel, ctx, request, { iamUsers, isTls });
  }
  let { proof } = request;
  const plugin = request.plugin === cachingPlugin ? cachingPlugin : nativePlugin;
  if (scramble === null || (request.plugin !== "" && request.plugin !== nativePlugin)) {
    scramble = makeScramble(ctx.random);
    channel.write(authSwitch(plugin, scramble));
    await channel.flush();
    const answer = await channel.read();
    if (answer === null) return null;
    proof = answer;
  }
  const isRight = plugin === nativePlugin
    ? checkNative(ctx.account, proof, scramble)
    : await checkCaching(channel, ctx, proof, scramble, isTls);
  if (isRight === null) return null;
  if (!isRight || request.user !== ctx.account.user) throw accessDenied(request.user, proof);
  return { principal: { kind: "account", name: request.user }, scramble };
}

/** Documented: a token is never asked for without TLS, where anybody could read it. */
async function authenticateByToken(
  channel: Channel,
  ctx: LoginContext,
  { user, proof }: LoginRequest,
  { iamUsers, isTls }: { iamUsers: IamUsers; isTls: boolean },
): Promise<Proven | null> {
  if (!isTls) throw accessDenied(user, proof);
  channel.write(authSwitch(clearPlugin, new Uint8Array()));
  await channel.flush();
  const answer = await channel.read();
  if (answer === null) return null;
  const principal = provenBy(textUntilZero(answer), user, iamUsers, ctx.instance);
  if (principal === null) throw accessDenied(user, answer);
  return { principal, scramble: null };
}

function checkNative({ password }: Account, proof: Uint8Array, scramble: Uint8Array): boolean {
  if (password === "") return proof.length === 0;
  return equalBytes(proof, nativeProof(password, scramble));
}

const fastAuthSuccess = 3;
const fullAuthNeeded = 4;

async function checkCaching(
  channel: Channel,
  { account: { password }, cached }: LoginContext,
  proof: Uint8Array,
  scramble: Uint8Array,
  isTls: boolean,
): Promise<boolean | null> {
  // One zero byte is how this plugin says: no password.
  const isEmpty = proof.length === 0 || (proof.length === 1 && proof[0] === 0);
  if (password === "" || isEmpty) return password === "" && isEmpty;
  const isRight = equalBytes(proof, cachingProof(password, scramble));
  if (isRight && (cached.isWarm || !isTls)) {
    channel.write(authMore(Uint8Array.of(fastAuthSuccess)));
    return true;
  }
  if (!isTls) return false;
  const given = await askForPassword(channel);
  if (given === null) return null;
  cached.isWarm ||= given === password;
  return given === password;
}

/** The password itself, in the clear below TLS. */
async function askForPassword(channel: Channel): Promise<string | null> {
  channel.write(authMore(Uint8Array.of(fullAuthNeeded)));
  await channel.flush();
  const answer = await channel.read();
  if (answer === null) return null;
  return textUntilZero(answer);
}

function textUntilZero(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** @throws {MysqlError} if the account has no such database. */
export function chooseDatabase(request: LoginRequest, ctx: LoginContext): string | null {
  const { database } = request;
  if (database === "") return null;
  if (database === ctx.account.database || systemDatabases.includes(database)) return database;
  throw unknownDatabase(database);
}

function accessDenied(user: string, proof: Uint8Array): MysqlError {
  const used = proof.length > 0 && !(proof.length === 1 && proof[0] === 0) ? "YES" : "NO";
  return new MysqlError(
    "ER_ACCESS_DENIED_ERROR",
    `Access denied for user '${user}'@'127.0.0.1' (using password: ${used})`,
  );
}

function handshakeError(): MysqlError {
  return new MysqlError("ER_HANDSHAKE_ERROR", "Bad handshake");
}
