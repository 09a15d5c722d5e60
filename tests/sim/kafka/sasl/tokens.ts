/**
 * What MSK's clients send, made by AWS's own signer: the token of OAUTHBEARER and the message of
 * AWS_MSK_IAM. The parameters are those that aws-msk-iam-sasl-signer-js and aws-msk-iam-auth give.
 */
import { SignatureV4 } from "@smithy/signature-v4";
import { Sha256 } from "../../net/sha256.ts";
import type { AccessKey } from "../../../../sim/iam/principal.ts";

export interface TokenOptions {
  region?: string;
  service?: string;
  action?: string;
  host?: string;
  expiresSeconds?: number;
  nowMs?: number;
  /** Default: the key's own. */
  sessionToken?: string | null;
  /** Behind what was signed. */
  userAgent?: string | null;
}

type Pair = Pick<AccessKey, "accessKeyId" | "secretAccessKey" | "sessionToken">;

async function presigned(pair: Pair, options: TokenOptions): Promise<Record<string, string>> {
  const { region = "us-east-1", service = "kafka-cluster", nowMs = Date.now() } = options;
  const sessionToken = options.sessionToken === undefined
    ? pair.sessionToken
    : options.sessionToken;
  const { accessKeyId, secretAccessKey } = pair;
  const signer = new SignatureV4({
    service,
    region,
    sha256: Sha256,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) },
    applyChecksum: false,
  });
  const host = options.host ?? `kafka.${region}.amazonaws.com`;
  const request = {
    method: "GET",
    protocol: "https:",
    hostname: host,
    path: "/",
    headers: { host },
    query: { Action: options.action ?? "kafka-cluster:Connect" },
  };
  const signed = await signer.presign(request, {
    expiresIn: options.expiresSeconds ?? 900,
    signingDate: new Date(nowMs),
  });
  return signed.query as Record<string, string>;
}

/** The bearer token of OAUTHBEARER. */
export async function mskToken(pair: Pair, options: TokenOptions = {}): Promise<string> {
  const { region = "us-east-1", host, userAgent = "aws-msk-iam-sasl-signer-js/1.0.3" } = options;
  const url = new URL(`https://${host ?? `kafka.${region}.amazonaws.com`}/`);
  for (const [name, value] of Object.entries(await presigned(pair, options))) {
    url.searchParams.set(name, value);
  }
  if (userAgent !== null) url.searchParams.set("User-Agent", userAgent);
  return btoa(url.href).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The one message of AWS_MSK_IAM. */
export async function mskMessage(pair: Pair, options: TokenOptions = {}): Promise<string> {
  const host = options.host ?? "127.0.0.1";
  const query = await presigned(pair, { ...options, host });
  const fields = Object.entries(query).map(([name, value]) => [name.toLowerCase(), value]);
  return JSON.stringify({
    version: "2020_10_22",
    host,
    "user-agent": "aws-msk-iam-auth/2.3.2",
    ...Object.fromEntries(fields),
  });
}
