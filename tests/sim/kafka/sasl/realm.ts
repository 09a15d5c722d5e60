/** What the mechanisms are told in tests, and a conversation with one. */
import { Cluster } from "../../../../sim/kafka/cluster.ts";
import type { Mechanism, Realm, Step } from "../../../../sim/kafka/sasl/mechanism.ts";
import { watchedDoor } from "../doors.ts";

export const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
export const requestId = "0a0b0c0d-0102-0304-0506-0708090a0b0c";
export const denied = `[${requestId}]: Access denied`;

export function testRealm(changes: Partial<Realm> & { door?: Cluster["door"] } = {}): Realm {
  const { door = watchedDoor(), ...others } = changes;
  const users: Record<string, string> = { user: "pencil", "a,b=c": "comma" };
  return {
    cluster: new Cluster({
      region: "us-east-1",
      accountId: "111122223333",
      name: "pinterest",
      uuid: "abcd-1",
      door,
    }),
    context: {},
    passwordOf: (user) => Object.hasOwn(users, user) ? users[user] : undefined,
    nowMs: () => nowMs,
    newRequestId: () => requestId,
    ...others,
  };
}

export const utf8 = (text: string) => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** What the mechanism says to each message. */
export function converse(mechanism: Mechanism, messages: string[], realm = testRealm()): Step[] {
  const exchange = mechanism(realm);
  return messages.map((message) => exchange.next(utf8(message)));
}
