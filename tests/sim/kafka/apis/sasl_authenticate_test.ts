import assert from "node:assert/strict";
import { saslAuthenticate } from "../../../../sim/kafka/apis/sasl_authenticate.ts";
import { goldenOf, utf8, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(saslAuthenticate);

checkRequest("SaslAuthenticate request", () => ({
  authBytes: utf8("\0user\0secret"),
}));
checkResponse("SaslAuthenticate response", () => ({ error: 58, message: "no" }));

Deno.test(
  "SaslAuthenticate knows users by their password, after the handshake only",
  withBroker({ saslUsers: { user: "secret" } }, async (_, call) => {
    const { session } = call(2);
    const ask = async (text: string) =>
      (await saslAuthenticate.handle({ authBytes: utf8(text) }, call(2)))?.error;
    assert.equal(await ask("\0user\0secret"), 34);
    session.mechanism = "PLAIN";
    assert.equal(await ask("\0user\0wrong"), 58);
    assert.equal(await ask("\0constructor\0"), 58);
    assert.equal(await ask("nonsense"), 58);
    assert.deepEqual(session.principal, { kind: "anonymous" });
    assert.equal(await ask("\0user\0secret"), 0);
    assert.deepEqual(session.principal, { kind: "account", name: "user" });
  }),
);

Deno.test(
  "who failed to authenticate again is nobody any more",
  withBroker({ saslUsers: { user: "secret" } }, async (_, call) => {
    const { session } = call(2);
    session.mechanism = "PLAIN";
    await saslAuthenticate.handle({ authBytes: utf8("\0user\0secret") }, call(2));
    await saslAuthenticate.handle({ authBytes: utf8("\0user\0wrong") }, call(2));
    assert.deepEqual(session.principal, { kind: "anonymous" });
  }),
);
