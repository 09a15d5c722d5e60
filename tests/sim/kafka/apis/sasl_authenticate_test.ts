import assert from "node:assert/strict";
import { saslAuthenticate } from "../../../../sim/kafka/apis/sasl_authenticate.ts";
import { saslHandshake } from "../../../../sim/kafka/apis/sasl_handshake.ts";
import type { Call } from "../../../../sim/kafka/api.ts";
import { goldenOf, utf8, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(saslAuthenticate);

checkRequest("SaslAuthenticate request", () => ({
  authBytes: utf8("\0user\0secret"),
}));
checkResponse("SaslAuthenticate response", () => ({
  error: 58,
  message: "no",
  authBytes: new Uint8Array(0),
  lifetimeMs: 0n,
}));

const options = {
  listeners: { scram: { port: 9096 } },
  users: { user: "secret", other: "secret" },
};

async function tell(call: Call, text: string, mechanism?: string) {
  if (mechanism !== undefined) await saslHandshake.handle({ mechanism }, call);
  const answer = await saslAuthenticate.handle({ authBytes: utf8(text) }, call);
  assert.ok(answer);
  return answer;
}

Deno.test(
  "SaslAuthenticate without a handshake is out of place, and the end",
  withBroker(options, async (_, call) => {
    assert.equal((await tell(call(2), "\0user\0secret")).error, 34);
    assert.equal(call(2).session.isOver, true);
  }),
);

Deno.test(
  "SaslAuthenticate knows who it was from then on, without an end",
  withBroker(options, async (_, call) => {
    const { session } = call(2);
    const answer = await tell(call(2), "\0user\0secret", "PLAIN");
    assert.deepEqual([answer.error, answer.lifetimeMs], [0, 0n]);
    assert.deepEqual(session.principal, { kind: "account", name: "user" });
    assert.equal(session.mechanism, "PLAIN");
    assert.equal(session.isOver, false);
  }),
);

Deno.test(
  "once more without a handshake is out of place, and changes nothing",
  withBroker(options, async (_, call) => {
    await tell(call(2), "\0user\0secret", "PLAIN");
    assert.equal((await tell(call(2), "\0user\0secret")).error, 34);
    assert.equal(call(2).session.isOver, false);
    assert.equal(call(2).session.principal.kind, "account");
  }),
);

Deno.test(
  "who fails to authenticate again is nobody any more, and the connection ends",
  withBroker(options, async (_, call) => {
    await tell(call(2), "\0user\0secret", "PLAIN");
    const answer = await tell(call(2), "\0user\0wrong", "PLAIN");
    assert.equal(answer.error, 58);
    assert.deepEqual(call(2).session.principal, { kind: "anonymous" });
    assert.equal(call(2).session.isOver, true);
  }),
);

Deno.test(
  "who authenticates again cannot become somebody else",
  withBroker(options, async (_, call) => {
    await tell(call(2), "\0user\0secret", "PLAIN");
    assert.equal((await tell(call(2), "\0user\0secret", "PLAIN")).error, 0);
    const answer = await tell(call(2), "\0other\0secret", "PLAIN");
    assert.equal(answer.error, 58);
    assert.equal(
      answer.message,
      "Cannot change principals during re-authentication from User.user: User.other",
    );
    assert.equal(call(2).session.isOver, true);
  }),
);

Deno.test(
  "who authenticates again cannot do it by another mechanism",
  withBroker(options, async (_, call) => {
    await tell(call(2), "\0user\0secret", "PLAIN");
    const answer = await tell(call(2), "n,,n=user,r=abc", "SCRAM-SHA-512");
    assert.equal(answer.error, 58);
    assert.match(answer.message ?? "", /'SCRAM-SHA-512' requested .* of mechanism 'PLAIN'/);
  }),
);
