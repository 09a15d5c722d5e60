import assert from "node:assert/strict";
import { saslHandshake } from "../../../../sim/kafka/apis/sasl_handshake.ts";
import { goldenOf, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(saslHandshake);

checkRequest("SaslHandshake request", () => ({ mechanism: "PLAIN" }));
checkResponse("SaslHandshake response", () => ({
  error: 33,
  mechanisms: ["PLAIN"],
}));

Deno.test(
  "SaslHandshake on a listener without SASL is out of place",
  withBroker({}, async (_, call) => {
    assert.equal((await saslHandshake.handle({ mechanism: "PLAIN" }, call(1)))?.error, 34);
  }),
);

Deno.test(
  "SaslHandshake takes PLAIN and names it to who wants another",
  withBroker({ saslUsers: { user: "secret" } }, async (_, call) => {
    const ask = (mechanism: string) => saslHandshake.handle({ mechanism }, call(1));
    assert.deepEqual(await ask("SCRAM-SHA-512"), { error: 33, mechanisms: ["PLAIN"] });
    assert.equal((await ask("PLAIN"))?.error, 0);
  }),
);
