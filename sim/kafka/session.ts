/**
 * Session: what one connection has shown of itself, and what it may ask for next.
 *
 * Who must authenticate is served nothing before. When what was shown ends, only authentication is
 * served, and whoever asks for more is disconnected; so is a client that speaks of other things in
 * the middle of an authentication.
 *
 * Source: Apache Kafka, KIP-152 (authentication failures), KIP-368 (re-authentication).
 */
import type { Context } from "../iam/policy/types.ts";
import { anonymous, type Principal } from "../iam/principal.ts";
import { contextOf } from "./cluster.ts";
import type { Listener } from "./listeners.ts";
import type { Exchange } from "./sasl/mechanism.ts";
import type { MechanismName } from "./sasl/mod.ts";

export interface Session {
  readonly listener: Listener;
  /** For conditions of policies. */
  readonly context: Context;
  principal: Principal;
  /** By which the principal was proven; null: by none so far. */
  mechanism: MechanismName | null;
  /** An authentication in progress. */
  attempt: { mechanism: MechanismName; exchange: Exchange } | null;
  /** When the proof ends, milliseconds since 1970. */
  endsMs: number;
  /** The connection ends behind the next answer. */
  isOver: boolean;
}

export function newSession(listener: Listener): Session {
  return {
    listener,
    context: contextOf(listener),
    principal: anonymous,
    mechanism: null,
    attempt: null,
    endsMs: Infinity,
    isOver: false,
  };
}

export const apiVersionsKey = 18;
const handshakeKey = 17;
const authenticateKey = 36;

/** Whether it must authenticate, and has not. */
export function mustProve({ listener, principal }: Session): boolean {
  return listener.mechanisms.length > 0 && principal.kind === "anonymous";
}

/** Why a request of this API ends the connection, or null. */
export function sessionProblem(session: Session, key: number, nowMs: () => number): string | null {
  if (session.listener.mechanisms.length === 0) return null;
  if (key === authenticateKey || key === handshakeKey) return null;
  if (mustProve(session)) return key === apiVersionsKey ? null : "not authenticated";
  if (session.attempt !== null) return "in the middle of an authentication";
  return session.endsMs <= nowMs() ? "its authentication has ended" : null;
}
