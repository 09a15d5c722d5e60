import assert from "node:assert/strict";
import { oauthBearer } from "../../../../sim/kafka/sasl/oauthbearer.ts";
import { key } from "../doors.ts";
import { converse, nowMs, textOf } from "./realm.ts";
import { mskToken } from "./tokens.ts";

const ask = (message: string) => converse(oauthBearer, [message])[0];

Deno.test("OAUTHBEARER takes the token as clients of all kinds wrap it", async () => {
  const token = await mskToken(key, { nowMs });
  const messages = [
    `n,,\x01auth=Bearer ${token}\x01\x01`, // kafkajs, librdkafka
    `n,a=user,\x01auth=Bearer ${token}\x01\x01`,
    `n,,\x01auth=bearer ${token}\x01logicalCluster=lkc-1\x01\x01`, // Java, with an extension
  ];
  for (const message of messages) {
    const step = ask(message);
    assert.ok(step?.kind === "proven", message);
    assert.equal(step.bytes.length, 0);
  }
});

Deno.test("OAUTHBEARER: what is behind the signature is not signed", async () => {
  for (const userAgent of [null, "x", "aws-msk-iam-sasl-signer-python/1.0.2"]) {
    const token = await mskToken(key, { nowMs, userAgent });
    assert.equal(ask(`n,,\x01auth=Bearer ${token}\x01\x01`)?.kind, "proven");
  }
});

Deno.test("OAUTHBEARER: padding of base64url does not matter", async () => {
  const token = await mskToken(key, { nowMs });
  const padded = token.padEnd(Math.ceil(token.length / 4) * 4, "=");
  assert.equal(ask(`n,,\x01auth=Bearer ${padded}\x01\x01`)?.kind, "proven");
});

Deno.test("OAUTHBEARER challenges what is no token of MSK's, and refuses after the client's ^A", () => {
  const jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyIn0.";
  for (const token of [jwt, "x", btoa("https://example.com/?Action=kafka-cluster%3AConnect")]) {
    const [first, second] = converse(oauthBearer, [`n,,\x01auth=Bearer ${token}\x01\x01`, "\x01"]);
    assert.ok(first?.kind === "challenge" && second?.kind === "refused");
    assert.deepEqual(JSON.parse(textOf(first.bytes)), { status: "invalid_token" });
    assert.equal(second.message, textOf(first.bytes));
  }
});

Deno.test("OAUTHBEARER: a good token behind a challenge comes too late", async () => {
  const token = await mskToken(key, { nowMs });
  const good = `n,,\x01auth=Bearer ${token}\x01\x01`;
  const [, second] = converse(oauthBearer, ["n,,\x01auth=Bearer x\x01\x01", good]);
  assert.equal(second?.kind, "refused");
});

Deno.test("OAUTHBEARER refuses a malformed message in Kafka's words", () => {
  const messages = [
    "",
    "n,,",
    "n,,\x01\x01",
    "n,,\x01auth=Bearer x\x01",
    "n,,\x01auth=Basic x\x01\x01",
  ];
  for (const message of [...messages, "y,,\x01auth=Bearer x\x01\x01", "\x01"]) {
    const step = ask(message);
    assert.ok(step?.kind === "refused", message);
    assert.match(step.message, /^Authentication failed during authentication due to invalid cred/);
  }
});
