/**
 * AWS_MSK_IAM: the mechanism of AWS's Java library: the parts of a presigned request as JSON.
 *
 *   client   {"version":"2020_10_22","host":"<broker>","user-agent":"…",
 *            "action":"kafka-cluster:Connect","x-amz-algorithm":"AWS4-HMAC-SHA256",
 *            "x-amz-credential":"…","x-amz-date":"…","x-amz-signedheaders":"host",
 *            "x-amz-expires":"900","x-amz-signature":"…"[,"x-amz-security-token":"…"]}
 *   server   {"version":"2020_10_22","request-id":"<uuid>"}
 *
 * The host is the name by which the client has reached this broker, so that what was signed for one
 * broker opens no other.
 *
 * Source: aws-msk-iam-auth, README, "Details".
 */
import { encodeUri } from "../../net/uri.ts";
import type { Mechanism } from "./mechanism.ts";
import { accessDenied, once, type Presigned, provenBy } from "./presigned.ts";

const version = "2020_10_22";
const ourNames = ["127.0.0.1", "localhost"];
const parameters = {
  "action": "Action",
  "x-amz-algorithm": "X-Amz-Algorithm",
  "x-amz-credential": "X-Amz-Credential",
  "x-amz-date": "X-Amz-Date",
  "x-amz-expires": "X-Amz-Expires",
  "x-amz-security-token": "X-Amz-Security-Token",
  "x-amz-signature": "X-Amz-Signature",
  "x-amz-signedheaders": "X-Amz-SignedHeaders",
} as const;

export const mskIam: Mechanism = (realm) =>
  once((message) => {
    const fields = fieldsIn(new TextDecoder().decode(message));
    if (fields === null) return accessDenied(realm, "its message is no JSON object of texts");
    if (fields.version !== version) {
      return accessDenied(realm, `version ${fields.version} is not ${version}`);
    }
    const { host = "" } = fields;
    if (!ourNames.includes(host)) return accessDenied(realm, `${host} is no name of this broker`);
    const answer = { version, "request-id": realm.newRequestId() };
    const bytes = new TextEncoder().encode(JSON.stringify(answer));
    return provenBy(presignedOf(fields, host), realm, bytes);
  });

function fieldsIn(text: string): Record<string, string> | null {
  try {
    const fields: unknown = JSON.parse(text);
    const isObject = typeof fields === "object" && fields !== null && !Array.isArray(fields);
    if (!isObject) return null;
    const values: unknown[] = Object.values(fields);
    return values.every((value) => typeof value === "string")
      ? fields as Record<string, string>
      : null;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

function presignedOf(fields: Record<string, string>, host: string): Presigned {
  const query = Object.entries(parameters)
    .filter(([field]) => fields[field] !== undefined)
    .map(([field, name]) => `${name}=${encodeUri(fields[field] ?? "")}`)
    .join("&");
  return { host, query };
}
