import assert from "node:assert/strict";
import { answerTo, ProtocolError } from "../../../sim/kafka/requests.ts";
import { golden, withBroker } from "./apis/golden.ts";
import { hex } from "./support.ts";
import { type ListenerOptions, listenersOf } from "../../../sim/kafka/listeners.ts";
import { newSession, type Session } from "../../../sim/kafka/session.ts";

function session(options: ListenerOptions = { plain: { port: 9092 } }): Session {
  const [listener] = listenersOf(options);
  assert.ok(listener);
  return newSession(listener);
}

const whole = (parts: Uint8Array[] | null) => parts && parts.map((part) => part.toHex()).join("");

/** Header by Kafka's own classes with another API and version, then a body. */
function request(key: number, version: number, flexible: boolean, body: Uint8Array): Uint8Array {
  const header = golden(flexible ? "RequestHeader v2" : "RequestHeader v1");
  const view = new DataView(header.buffer);
  view.setInt16(0, key);
  view.setInt16(2, version);
  return new Uint8Array([...header, ...body]);
}

Deno.test(
  "An answer has its size, the request's number, and tags in flexible versions",
  withBroker({}, async (broker) => {
    const old = request(12, 3, false, golden("Heartbeat request v3"));
    assert.equal(whole(await answerTo(old, session(), broker)), "0000000a0000002a000000000019");
    const flexible = request(12, 4, true, golden("Heartbeat request v4"));
    const answer = whole(await answerTo(flexible, session(), broker));
    assert.equal(answer, "0000000c0000002a0000000000001900");
  }),
);

Deno.test(
  "The answer to ApiVersions has the old header even where it is flexible",
  withBroker({}, async (broker) => {
    const frame = request(18, 3, true, golden("ApiVersions request v3"));
    const answer = whole(await answerTo(frame, session(), broker)) ?? "";
    // size, number, error 0, 26 APIs and one, the first of them Produce from 0 to 11
    assert.match(answer, /^.{8}0000002a00001b00000000000b00/);
  }),
);

Deno.test(
  "An unknown version of ApiVersions is answered in v0, with the range that there is",
  withBroker({}, async (broker) => {
    const frame = request(18, 99, true, new Uint8Array(0));
    const answer = whole(await answerTo(frame, session(), broker));
    // number, error 35, one API: 18 from 0 to 4
    assert.equal(answer, "00000010" + "0000002a" + "0023" + "00000001" + "0012" + "0000" + "0004");
  }),
);

Deno.test(
  "What we do not speak ends the connection",
  withBroker({}, (broker) => {
    const empty = new Uint8Array(0);
    const frames = [
      request(0, 2, false, empty),
      request(0, 12, true, empty),
      request(1, 18, true, empty),
      request(999, 0, false, empty),
      request(12, 3, false, golden("Heartbeat request v3").slice(0, 5)),
      hex("0003"),
      hex("00030001 0000"),
      empty,
    ];
    for (const frame of frames) {
      assert.throws(() => answerTo(frame, session(), broker), ProtocolError);
    }
  }),
);

Deno.test(
  "Behind SASL nothing is served before the client has authenticated",
  withBroker({ users: { user: "secret" } }, async (broker) => {
    const ours = session({ scram: { port: 9096 } });
    const heartbeat = request(12, 3, false, golden("Heartbeat request v3"));
    assert.throws(() => answerTo(heartbeat, ours, broker), ProtocolError);
    await answerTo(request(18, 0, false, new Uint8Array(0)), ours, broker);
    await answerTo(request(17, 1, false, golden("SaslHandshake request v1")), ours, broker);
    await answerTo(request(36, 1, false, golden("SaslAuthenticate request v1")), ours, broker);
    assert.ok(await answerTo(heartbeat, ours, broker));
  }),
);
