import assert from "node:assert/strict";
import { listenersOf, protocolOf } from "../../../sim/kafka/listeners.ts";

Deno.test("each listener speaks what MSK's has, and IAM decides behind one of them only", () => {
  const listeners = listenersOf({
    iam: { port: 4, tls: true },
    plain: { port: 1 },
    scram: { port: 3 },
    tls: { port: 2 },
  });
  const told = listeners.map((one) => [one.name, one.port, protocolOf(one), one.asksIam]);
  assert.deepEqual(told, [
    ["plain", 1, "PLAINTEXT", false],
    ["tls", 2, "SSL", false],
    ["scram", 3, "SASL_SSL", false],
    ["iam", 4, "SASL_SSL", true],
  ]);
});

Deno.test("the iam listener can do without TLS, for clients of the same process", () => {
  const [listener] = listenersOf({ iam: { port: 0, tls: false } });
  assert.ok(listener);
  assert.equal(protocolOf(listener), "SASL_PLAINTEXT");
  assert.deepEqual(listener.mechanisms, ["AWS_MSK_IAM", "OAUTHBEARER"]);
});
