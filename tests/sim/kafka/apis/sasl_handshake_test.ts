import assert from "node:assert/strict";
import { saslHandshake } from "../../../../sim/kafka/apis/sasl_handshake.ts";
import { goldenOf, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(saslHandshake);

checkRequest("SaslHandshake request", () => ({ mechanism: "PLAIN" }));
checkResponse("SaslHandshake response", () => ({
  error: 33,
  mechanisms: ["PLAIN"],
}));

for (const name of ["plain", "tls"]) {
  Deno.test(
    `SaslHandshake on the ${name} listener is out of place`,
    withBroker({ listeners: { [name]: { port: 9092 } } }, async (_, call) => {
      assert.equal((await saslHandshake.handle({ mechanism: "PLAIN" }, call(1)))?.error, 34);
    }),
  );
}

Deno.test(
  "SaslHandshake names its mechanisms to who wants another, and ends the connection",
  withBroker({ listeners: { scram: { port: 9096 } } }, async (_, call) => {
    const mechanisms = ["SCRAM-SHA-512", "PLAIN"];
    const ask = (mechanism: string) => saslHandshake.handle({ mechanism }, call(1));
    assert.deepEqual(await ask("PLAIN"), { error: 0, mechanisms });
    assert.equal(call(1).session.isOver, false);
    assert.deepEqual(await ask("AWS_MSK_IAM"), { error: 33, mechanisms });
    assert.equal(call(1).session.isOver, true);
  }),
);

Deno.test(
  "SaslHandshake of the iam listener knows both mechanisms of MSK and no other",
  withBroker({ listeners: { iam: { port: 9098, tls: true } } }, async (_, call) => {
    const answer = await saslHandshake.handle({ mechanism: "PLAIN" }, call(1));
    assert.deepEqual(answer, { error: 33, mechanisms: ["AWS_MSK_IAM", "OAUTHBEARER"] });
  }),
);
