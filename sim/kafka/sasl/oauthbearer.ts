/**
 * OAUTHBEARER with MSK's tokens: a presigned URL in base64url, which needs no AWS library to carry.
 *
 *   client   n,[a=<id>],^Aauth=Bearer <token>^A[<name>=<value>^A…]^A
 *   token    https://kafka.<region>.amazonaws.com/?Action=kafka-cluster%3AConnect&X-Amz-…
 *            &X-Amz-Signature=…&User-Agent=…   (the last one is put behind after signing; AWS's
 *            Java library leaves the slash before the question mark out)
 *
 * A token that is no token of MSK's gets the challenge of the RFC, the client answers it with ^A,
 * and only then it is refused, with the text of the challenge: so does Kafka. One that is, but does
 * not hold, is refused at once in MSK's words (see presigned.ts).
 *
 * Source: RFC 7628; aws-msk-iam-sasl-signer-js, README; Apache Kafka, KIP-255.
 * Left out: tokens of other issuers (JWT); extensions are read and not used.
 */
import { Buffer } from "node:buffer";
import type { Exchange, Mechanism, Realm, Step } from "./mechanism.ts";
import { refused } from "./mechanism.ts";
import { type Presigned, provenBy } from "./presigned.ts";

const utf8 = new TextDecoder();
const challenge = JSON.stringify({ status: "invalid_token" });

export const oauthBearer: Mechanism = (realm): Exchange => {
  let isChallenged = false;
  return {
    next(message) {
      const text = utf8.decode(message);
      if (isChallenged) return refused(challenge, "its token is no presigned URL of MSK");
      const token = tokenIn(text);
      if (token === null) {
        return refused(
          "Authentication failed during authentication due to invalid credentials with SASL " +
            "mechanism OAUTHBEARER",
          "the first message is malformed",
        );
      }
      const step = stepFor(token, realm);
      isChallenged = step.kind === "challenge";
      return step;
    },
  };
};

function stepFor(token: string, realm: Realm): Step {
  const presigned = presignedIn(token, realm.cluster.region);
  if (presigned === null) return { kind: "challenge", bytes: Buffer.from(challenge) };
  return provenBy(presigned, realm);
}

/** Null: the message is malformed. */
function tokenIn(message: string): string | null {
  const [header = "", ...pairs] = message.split("\x01");
  const isWhole = /^n,(a=[^,]*)?,$/.test(header) && pairs.pop() === "" && pairs.pop() === "";
  if (!isWhole || !pairs.every((pair) => pair.indexOf("=") > 0)) return null;
  const auth = pairs.filter((pair) => pair.startsWith("auth="));
  return auth.length === 1 ? /^auth=Bearer +(\S+) *$/i.exec(auth[0] ?? "")?.[1] ?? null : null;
}

/** Null: it is no token of MSK's. */
function presignedIn(token: string, region: string): Presigned | null {
  const text = Buffer.from(token, "base64url").toString("utf8");
  const [, host = "", query = ""] = /^https:\/\/([^/?#]+)\/?\?([^#]*)$/.exec(text) ?? [];
  // Of another region it is still MSK's, and its scope tells.
  if (!/^kafka\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/.test(host)) return null;
  const isHere = host === `kafka.${region}.amazonaws.com`;
  const signed = query.split("&").filter((pair) => !/^User-Agent(=|$)/i.test(pair)).join("&");
  return { host: isHere ? host : "", query: signed };
}
