/**
 * Gateway auth: a request to the gateway -> the header fields that let it through.
 *
 *   iam    a signature (SigV4 for `execute-api`) over method, path, type and body
 *   key    the API key
 *   none   nothing
 *
 * The signer is loaded at the first use, and hashes with the system's own SHA-256: a request of 500
 * records costs well under a millisecond more.
 *
 * Source: API Gateway developer guide, "Signing requests".
 */
import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import type { SignatureV4 } from "@smithy/signature-v4";
import type { Target } from "../target.ts";
import { fieldOf, parsed } from "./answers.ts";
import type { KeySource } from "./identity.ts";

export interface Outbound {
  url: string;
  method: string;
  contentType: string;
  body: Uint8Array;
}

/** All header fields to send. */
export type Authorize = (request: Outbound) => Promise<Record<string, string>>;

/** Of one target; credentials are looked at for `iam` alone. */
export function gatewayAuth(
  { gatewayAuth, gatewayKey, region }: Pick<Target, "gatewayAuth" | "gatewayKey" | "region">,
  credentials: KeySource,
): Authorize {
  switch (gatewayAuth) {
    case "none":
      return plain;
    case "key":
      return async (request) => ({
        ...await plain(request),
        "x-api-key": gatewayKey?.reveal() ?? "",
      });
    case "iam":
      return signing(region, credentials);
  }
}

export const plain: Authorize = ({ contentType }) =>
  Promise.resolve({ "content-type": contentType });

function signing(region: string, credentials: KeySource): Authorize {
  let signer: Promise<SignatureV4> | null = null;
  return async ({ url, method, contentType, body }) => {
    const { hostname, host, protocol, pathname } = new URL(url);
    signer ??= open(region, credentials);
    const headers = { "content-type": contentType, host };
    const request = { method, protocol, hostname, path: pathname, query: {}, headers, body };
    const signed = await (await signer).sign(request);
    const { host: _, ...fields } = signed.headers;
    return fields;
  };
}

async function open(region: string, credentials: KeySource): Promise<SignatureV4> {
  const { SignatureV4 } = await import("@smithy/signature-v4");
  const service = "execute-api";
  return new SignatureV4({ service, region, credentials, sha256: Sha256, applyChecksum: false });
}

/** SHA-256, or with a secret its HMAC, as the signer asks for it. */
class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined
      ? createHash("sha256")
      : createHmac("sha256", typeof secret === "string" ? secret : bytesOf(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === "string" ? data : bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    throw new TypeError("A hash is used once");
  }
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

/** What a gateway says in a 403; null if it is nothing of a gateway. */
export function forbiddenText(text: string): string | null {
  const body = parsed(text);
  const message = fieldOf(body, "message") ?? fieldOf(body, "Message");
  return typeof message === "string" ? message : null;
}

/** What a person does about a 403 of the gateway, as far as its words tell. */
export function forbiddenAdvice(text: string): string {
  const message = forbiddenText(text) ?? "";
  return advice.find(([words]) => words.test(message))?.[1] ?? place;
}

const place = "check GATEWAY_URL: host, stage, and that the gateway was deployed after its last " +
  "change";

const advice: readonly [RegExp, string][] = [
  [/not authorized to perform/, "allow it to whoever posts, or post with other credentials"],
  [/^Missing Authentication Token$/, `${place}; a method that asks for IAM needs GATEWAY_AUTH=iam`],
  [/^Forbidden$/, `${place}; a method that asks for a key needs GATEWAY_AUTH=key, and the key`],
  [/security token included in the request is expired/, "get new credentials"],
  [/security token included/, "check AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN"],
  [/^Signature (?:expired|not yet)/, "check the clock of this machine"],
  [/Credential should be scoped/, "check AWS_REGION"],
  [/request signature we calculated/, "check AWS_SECRET_ACCESS_KEY"],
];
