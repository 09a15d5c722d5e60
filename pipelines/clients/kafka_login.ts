/**
 * Kafka login: how a target is reached -> what kafkajs is told of it.
 *
 *   none    nothing
 *   scram   SCRAM-SHA-512
 *   iam     OAUTHBEARER with a token that AWS's signer makes for MSK, anew for each login, from the
 *           credentials of that moment
 *
 * A session that a broker ends is renewed by kafkajs, on the same connection, before its end
 * (KIP-368). The signer is loaded for `iam` alone: it brings the credential providers of the SDK.
 *
 * Source: `aws-msk-iam-sasl-signer-js` 1.0.3; kafkajs 2.2.4.
 */
import { Buffer } from "node:buffer";
import { connect as connectSocket, isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import type { ISocketFactoryArgs, KafkaConfig } from "kafkajs";
import { ownHost } from "../addresses.ts";
import { UsageError } from "../errors.ts";
import { keySourceOf } from "./identity.ts";
import type { KafkaAuth, KafkaTarget } from "../target.ts";

/** Keys of AWS as they are now; asked before each login. */
export type CurrentCredentials = () => Promise<{
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}>;

type Login = Pick<KafkaConfig, "socketFactory" | "ssl" | "sasl">;

/** @param credentials in place of those of the target, for `iam` */
export async function loginOf(
  { tls, auth }: KafkaTarget,
  credentials: CurrentCredentials | undefined,
): Promise<Login> {
  return {
    socketFactory: openSocket,
    ...(tls === null ? {} : { ssl: await encryption(tls) }),
    ...await identity(auth, credentials),
  };
}

async function identity(
  auth: KafkaAuth,
  credentials: CurrentCredentials | undefined,
): Promise<Pick<Login, "sasl">> {
  switch (auth.kind) {
    case "none":
      return {};
    case "scram": {
      const { username, password } = auth;
      return { sasl: { mechanism: "scram-sha-512", username, password: password.reveal() } };
    }
    case "iam": {
      const token = await tokens(auth, credentials);
      const oauthBearerProvider = async () => ({ value: await token() });
      return { sasl: { mechanism: "oauthbearer", oauthBearerProvider } };
    }
  }
}

type IamAuth = Extract<KafkaAuth, { kind: "iam" }>;

/**
 * A new token each time. Nothing is kept: a role's keys may be others by the next login.
 *
 * Observed (signer 1.0.3, its pull request 33): of keys that end within the quarter of an hour of
 * a token it makes one with a fraction of a second, which is refused. So it is not told when they
 * end: the brokers end the session with them anyway.
 */
async function tokens(
  { region, credentials }: IamAuth,
  given: CurrentCredentials | undefined,
): Promise<() => Promise<string>> {
  const signer = await import("aws-msk-iam-sasl-signer-js");
  const current = given ?? keySourceOf(credentials);
  const awsCredentialsProvider = async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = await current();
    const key = { accessKeyId, secretAccessKey };
    return sessionToken === undefined ? key : { ...key, sessionToken };
  };
  return async () => {
    const options = { region, awsCredentialsProvider };
    return (await signer.generateAuthTokenFromCredentialsProvider(options)).token;
  };
}

async function encryption(
  { caFile }: NonNullable<KafkaTarget["tls"]>,
): Promise<ConnectionOptions> {
  if (caFile === null) return { rejectUnauthorized: true };
  try {
    return { rejectUnauthorized: true, ca: Buffer.from(await Deno.readFile(caFile)) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Cannot read KAFKA_CA_FILE ${caFile}: ${reason}`);
  }
}

/** As kafkajs has it by itself. */
const keepAliveMs = 60_000;

/** Brokers on this machine may tell of themselves as `localhost`; a certificate is for the name. */
function openSocket({ host, port, ssl, onConnect }: ISocketFactoryArgs): Socket {
  const address = { host: ownHost(host), port };
  const socket = ssl
    ? connectTls({ ...address, ...(isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
    : connectSocket(address, onConnect);
  return socket.setKeepAlive(true, keepAliveMs);
}
