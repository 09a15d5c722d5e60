/** What both of MSK's mechanisms have in common; tokens are made by AWS's own signer. */
import assert from "node:assert/strict";
import { mskIam } from "../../../../sim/kafka/sasl/msk_iam.ts";
import { oauthBearer } from "../../../../sim/kafka/sasl/oauthbearer.ts";
import type { Step } from "../../../../sim/kafka/sasl/mechanism.ts";
import type { AccessKey } from "../../../../sim/iam/principal.ts";
import { key, watchedDoor } from "../doors.ts";
import { converse, denied, nowMs, testRealm } from "./realm.ts";
import { mskMessage, mskToken, type TokenOptions } from "./tokens.ts";

const minuteMs = 60_000;
type Send = (
  options?: TokenOptions,
  with_?: AccessKey,
  door?: ReturnType<typeof watchedDoor>,
) => Promise<Step>;

const mechanisms: Record<string, Send> = {
  "OAUTHBEARER": async (options = {}, one = key, door = watchedDoor([one])) => {
    const token = await mskToken(one, { nowMs, ...options });
    const [step] = converse(
      oauthBearer,
      [`n,,\x01auth=Bearer ${token}\x01\x01`],
      testRealm({ door }),
    );
    assert.ok(step);
    return step;
  },
  "AWS_MSK_IAM": async (options = {}, one = key, door = watchedDoor([one])) => {
    const message = await mskMessage(one, { nowMs, ...options });
    const [step] = converse(mskIam, [message], testRealm({ door }));
    assert.ok(step);
    return step;
  },
};

/** That of a role which ends in ten minutes. */
const sessionKey: AccessKey = {
  ...key,
  accessKeyId: "ASIAIOSFODNN7EXAMPLE",
  sessionToken: "token/of+this=session",
  principal: {
    ...key.principal,
    arn: "arn:aws:sts::111122223333:assumed-role/sink/one",
    entity: { type: "role", name: "sink" },
    session: {
      name: "one",
      policies: [],
      tags: {},
      issuedMs: nowMs - minuteMs,
      expiresMs: nowMs + 10 * minuteMs,
    },
  },
};

for (const [name, send] of Object.entries(mechanisms)) {
  const refusedFor = async (why: RegExp, ...args: Parameters<Send>) => {
    const step = await send(...args);
    assert.ok(step.kind === "refused", step.kind);
    assert.equal(step.message, denied);
    assert.match(step.why, why);
  };

  Deno.test(`${name}: a key of the account is believed until its signature ends`, async () => {
    const step = await send({ nowMs: nowMs - minuteMs, expiresSeconds: 900 });
    assert.ok(step.kind === "proven");
    assert.deepEqual(step.proof, { principal: key.principal, endsMs: nowMs + 14 * minuteMs });
  });

  Deno.test(`${name}: a session's key is believed no longer than the session lasts`, async () => {
    const step = await send({}, sessionKey);
    assert.ok(step.kind === "proven");
    assert.equal(step.proof.endsMs, nowMs + 10 * minuteMs);
    assert.deepEqual(step.proof.principal, sessionKey.principal);
  });

  Deno.test(`${name}: a session's key needs its token, and no other key has one`, async () => {
    await refusedFor(/wrong token/, { sessionToken: null }, sessionKey);
    await refusedFor(/wrong token/, { sessionToken: "another" }, sessionKey);
    await refusedFor(/wrong token/, { sessionToken: "another" });
  });

  Deno.test(`${name}: a session that is over opens nothing`, async () => {
    const session = { ...sessionKey.principal.session, expiresMs: nowMs } as const;
    const over = {
      ...sessionKey,
      principal: { ...sessionKey.principal, session },
    } as AccessKey;
    await refusedFor(/session of its key has ended/, {}, over);
  });

  Deno.test(`${name}: other regions, services and actions are not ours`, async () => {
    await refusedFor(/another region/, { region: "eu-west-1" });
    await refusedFor(/another service/, { service: "kafka" });
    await refusedFor(/does not ask for kafka-cluster:Connect/, {
      action: "kafka-cluster:ReadData",
    });
  });

  Deno.test(`${name}: late, early and forged signatures are refused`, async () => {
    await refusedFor(/^it ended 2026-01-02T03:04:04/, { nowMs: nowMs - 901_000 });
    assert.equal((await send({ nowMs: nowMs - 899_000 })).kind, "proven");
    await refusedFor(/early/, { nowMs: nowMs + 301_000 });
    assert.equal((await send({ nowMs: nowMs + 299_000 })).kind, "proven");
    const forged = { ...key, secretAccessKey: "another" };
    await refusedFor(/wrong signature/, {}, forged, watchedDoor([key]));
    await refusedFor(/unknown key/, {}, key, watchedDoor([]));
  });

  Deno.test(`${name}: whoever watches is not told the token of a session`, async () => {
    const forged = { ...sessionKey, secretAccessKey: "another" };
    const step = await send({}, forged, watchedDoor([sessionKey]));
    assert.ok(step.kind === "refused");
    assert.match(
      step.why,
      /^wrong signature of:(.|\n)*&X-Amz-Security-Token=…&X-Amz-SignedHeaders=/,
    );
  });

  Deno.test(`${name}: the cluster is asked for, and a refusal gives no reason away`, async () => {
    const door = watchedDoor();
    assert.equal((await send({}, key, door)).kind, "proven");
    assert.deepEqual(door.asked, ["Connect cluster"]);
    assert.deepEqual(door.resources, [
      "arn:aws:kafka:us-east-1:111122223333:cluster/pinterest/abcd-1",
    ]);
    door.refused.add("Connect cluster");
    await refusedFor(/no policy of this test allows Connect cluster/, {}, key, door);
  });
}

Deno.test("OAUTHBEARER: the host of another region or of nobody's is not ours", async () => {
  const send = mechanisms["OAUTHBEARER"];
  const step = await send?.({ host: "kafka.eu-west-1.amazonaws.com" });
  assert.ok(step?.kind === "refused");
  assert.equal(step.message, denied);
  assert.equal((await send?.({ host: "example.com" }))?.kind, "challenge");
});

Deno.test("AWS_MSK_IAM: what was signed for another broker opens no door here", async () => {
  const send = mechanisms["AWS_MSK_IAM"];
  assert.equal((await send?.({ host: "localhost" }))?.kind, "proven");
  const step = await send?.({ host: "b-1.other.kafka.us-east-1.amazonaws.com" });
  assert.ok(step?.kind === "refused");
  assert.match(step.why, /no name of this broker/);
});
