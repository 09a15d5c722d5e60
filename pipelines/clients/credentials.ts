/**
 * Credentials of the target: those that it names, or those that the default chain of the AWS SDK
 * finds, which it renews before they end. The SDK is loaded only for the latter.
 */
import type { Target } from "../target.ts";
import type { Credentials } from "./gateway_auth.ts";

export function credentialsOf(
  { kinesis, region }: Pick<Target, "kinesis" | "region">,
): Credentials {
  const { credentials } = kinesis;
  if (credentials === null) return chain(region);
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const known = {
    accessKeyId,
    secretAccessKey: secretAccessKey.reveal(),
    ...(sessionToken === null ? {} : { sessionToken: sessionToken.reveal() }),
  };
  return () => Promise.resolve(known);
}

function chain(region: string): Credentials {
  let found: Promise<Credentials> | null = null;
  return async () => await (await (found ??= openChain(region)))();
}

async function openChain(region: string): Promise<Credentials> {
  const { S3Client } = await import("@aws-sdk/client-s3");
  return new S3Client({ region }).config.credentials;
}
