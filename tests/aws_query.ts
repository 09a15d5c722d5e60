/** Calls of IAM's and STS's Query protocol, signed by the vendor's signer, for tests. */
import { SignatureV4 } from "@smithy/signature-v4";
import { Sha256 } from "./sim/net/sha256.ts";

export interface Signer {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** Sends a request that the keys of the settings, or the given ones, have signed. */
export async function signedFetch(
  service: string,
  settings: Readonly<Record<string, string>>,
  url: string,
  request: { method: string; headers?: Record<string, string>; body?: string },
  signer: Signer = keysOf(settings),
): Promise<Response> {
  const { protocol, hostname, port, host, pathname, searchParams } = new URL(url);
  const signature = new SignatureV4({
    service,
    region: service === "iam" ? "us-east-1" : settings["AWS_REGION"] ?? "",
    credentials: signer,
    sha256: Sha256,
  });
  const { method, body = "" } = request;
  const { headers } = await signature.sign({
    method,
    protocol,
    hostname,
    port: Number(port),
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: { host, ...request.headers },
    body,
  });
  return await fetch(url, { method, headers, ...(body === "" ? {} : { body }) });
}

/** Sends one action; the answer's XML, or an error with the answer in its message. */
export async function call(
  service: "iam" | "sts",
  settings: Readonly<Record<string, string>>,
  parameters: Readonly<Record<string, string>>,
  signer: Signer = keysOf(settings),
): Promise<string> {
  const endpoint = settings[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ?? "";
  const Version = service === "iam" ? "2010-05-08" : "2011-06-15";
  const answer = await signedFetch(service, settings, `${endpoint}/`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ Version, ...parameters }).toString(),
  }, signer);
  const text = await answer.text();
  if (answer.ok) return text;
  throw new Error(`${parameters["Action"]}: ${answer.status} ${text}`);
}

/** The keys in some settings. */
export function keysOf(settings: Readonly<Record<string, string>>): Signer {
  return {
    accessKeyId: settings["AWS_ACCESS_KEY_ID"] ?? "",
    secretAccessKey: settings["AWS_SECRET_ACCESS_KEY"] ?? "",
  };
}
