/**
 * Listeners: what was asked for -> the ports by which clients come, and what each wants of them.
 *
 *   plain   MSK's unauthenticated access: nobody proves anything, and everything is allowed
 *   tls     the same, encrypted
 *   scram   encrypted; a user's name and password, by SCRAM-SHA-512 or PLAIN
 *   iam     a key of the account, by AWS_MSK_IAM or OAUTHBEARER; encrypted unless told otherwise
 *
 * A client is told the address of the listener by which it came, as Kafka does it.
 *
 * Source: Amazon MSK developer guide, "Authentication and authorization for Apache Kafka APIs".
 */
import type { MechanismName } from "./sasl/mod.ts";

export interface ListenerOptions {
  plain?: { port: number };
  tls?: { port: number };
  scram?: { port: number };
  /** `tls`: whether it is encrypted, as it always is on MSK. */
  iam?: { port: number; tls: boolean };
}

export type ListenerName = keyof ListenerOptions;
export const listenerNames: readonly ListenerName[] = ["plain", "tls", "scram", "iam"];

export interface Listener {
  name: ListenerName;
  /** Where it listens; before it does, where it wants to (0: anywhere). */
  port: number;
  isTls: boolean;
  /** Empty: nobody has to prove anything. */
  mechanisms: readonly MechanismName[];
  /** Whether IAM decides what its clients may do. */
  asksIam: boolean;
}

const mechanismsOf: Record<ListenerName, readonly MechanismName[]> = {
  plain: [],
  tls: [],
  scram: ["SCRAM-SHA-512", "PLAIN"],
  iam: ["AWS_MSK_IAM", "OAUTHBEARER"],
};

export function listenersOf(options: ListenerOptions): Listener[] {
  return listenerNames.flatMap((name) => {
    const wanted = options[name];
    if (wanted === undefined) return [];
    const isTls = "tls" in wanted ? wanted.tls : name !== "plain";
    const mechanisms = mechanismsOf[name];
    return [{ name, port: wanted.port, isTls, mechanisms, asksIam: name === "iam" }];
  });
}

/** Kafka's name for what is spoken there. */
export function protocolOf({ isTls, mechanisms }: Listener): string {
  const transport = isTls ? "SSL" : "PLAINTEXT";
  return mechanisms.length > 0 ? `SASL_${transport}` : transport;
}
