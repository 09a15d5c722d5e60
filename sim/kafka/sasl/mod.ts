/**
 * The mechanisms that this broker has, by the names that travel in SaslHandshake.
 *
 * Left out: GSSAPI, SCRAM-SHA-256 (MSK has neither), delegation tokens.
 */
import type { Mechanism } from "./mechanism.ts";
import { mskIam } from "./msk_iam.ts";
import { oauthBearer } from "./oauthbearer.ts";
import { plain } from "./plain.ts";
import { scramSha512 } from "./scram.ts";

export type MechanismName = "AWS_MSK_IAM" | "OAUTHBEARER" | "SCRAM-SHA-512" | "PLAIN";

/** Those of one broker: what they remember ends with it. */
export function mechanisms(): Readonly<Record<MechanismName, Mechanism>> {
  return {
    "AWS_MSK_IAM": mskIam,
    "OAUTHBEARER": oauthBearer,
    "SCRAM-SHA-512": scramSha512(),
    "PLAIN": plain,
  };
}
