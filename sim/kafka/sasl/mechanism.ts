/**
 * Mechanism: the messages of a client, one by one -> a challenge, a proof, or a refusal.
 *
 * Source: RFC 4422.
 */
import type { Context } from "../../iam/policy/types.ts";
import type { Principal } from "../../iam/principal.ts";
import type { Cluster } from "../cluster.ts";

/** What mechanisms know of the broker. */
export interface Realm {
  readonly cluster: Cluster;
  /** The password of a user; undefined: there is no such user. */
  passwordOf(user: string): string | undefined;
  nowMs(): number;
  /** Of the client's connection, for conditions of policies. */
  readonly context: Context;
  /** A UUID, for what MSK calls the id of a request. */
  newRequestId(): string;
}

export interface Proof {
  principal: Principal;
  /** When it ends, milliseconds since 1970. */
  endsMs: number;
}

export type Step =
  | { kind: "challenge"; bytes: Uint8Array }
  | { kind: "proven"; bytes: Uint8Array; proof: Proof }
  /** `why`: for people who watch the simulator; the client is told the message alone. */
  | { kind: "refused"; message: string; why: string };

/** One authentication. Every message is answered; after a proof or a refusal there is no other. */
export interface Exchange {
  next(message: Uint8Array): Step;
}

export type Mechanism = (realm: Realm) => Exchange;

const noBytes = new Uint8Array(0);

export function proven(
  principal: Principal,
  bytes: Uint8Array = noBytes,
  endsMs = Infinity,
): Step {
  return { kind: "proven", bytes, proof: { principal, endsMs } };
}

export function refused(message: string, why = message): Step {
  return { kind: "refused", message, why };
}
