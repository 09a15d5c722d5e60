import assert from "node:assert/strict";
import { mskIam } from "../../../../sim/kafka/sasl/msk_iam.ts";
import { key } from "../doors.ts";
import { converse, denied, nowMs, requestId, textOf } from "./realm.ts";
import { mskMessage } from "./tokens.ts";

const ask = (message: string) => converse(mskIam, [message])[0];

Deno.test("AWS_MSK_IAM answers with its version and the id of the request", async () => {
  const step = ask(await mskMessage(key, { nowMs }));
  assert.ok(step?.kind === "proven");
  assert.equal(textOf(step.bytes), `{"version":"2020_10_22","request-id":"${requestId}"}`);
});

Deno.test("AWS_MSK_IAM: every field of the message counts", async () => {
  const fields = JSON.parse(await mskMessage(key, { nowMs }));
  for (const name of Object.keys(fields)) {
    if (name === "user-agent") continue;
    const { [name]: _left, ...others } = fields;
    for (const changed of [others, { ...fields, [name]: `${fields[name]}x` }]) {
      const step = ask(JSON.stringify(changed));
      assert.ok(step?.kind === "refused", name);
      assert.equal(step.message, denied);
    }
  }
});

Deno.test("AWS_MSK_IAM refuses what is no JSON object of texts", () => {
  for (const message of ["", "{", "null", "[]", '"x"', '{"version":1}', '{"a":{}}', "\xff"]) {
    assert.equal(ask(message)?.kind, "refused", message);
  }
});

Deno.test("AWS_MSK_IAM refuses texts that have no bytes", async () => {
  const fields = JSON.parse(await mskMessage(key, { nowMs }));
  for (const name of Object.keys(fields)) {
    if (name === "user-agent") continue;
    assert.equal(ask(JSON.stringify({ ...fields, [name]: "\ud800" }))?.kind, "refused", name);
  }
});
