import assert from "node:assert/strict";
import { loginOf } from "../../../pipelines/clients/kafka_login.ts";
import { UsageError } from "../../../pipelines/errors.ts";
import { type KafkaTarget, Secret } from "../../../pipelines/target.ts";

const region = "eu-west-1";
const fixed = {
  accessKeyId: "AKIASINK",
  secretAccessKey: new Secret("wJalr"),
  sessionToken: new Secret("FwoG+/=="),
};

function target(auth: KafkaTarget["auth"], tls: KafkaTarget["tls"] = null): KafkaTarget {
  return { brokers: ["b:9098"], tls, auth };
}

/** The presigned URL in a token, as parameters and a host. */
function urlIn(token: string): URL {
  const bytes = Uint8Array.fromBase64(token, { alphabet: "base64url" });
  return new URL(new TextDecoder().decode(bytes));
}

type Given = Parameters<typeof loginOf>[1];

/** Makes tokens as kafkajs does, before each login. */
async function tokenMaker(auth: KafkaTarget["auth"], given?: Given): Promise<() => Promise<URL>> {
  const { sasl } = await loginOf(target(auth), given);
  assert.ok(sasl !== undefined && "oauthBearerProvider" in sasl);
  return async () => urlIn((await sasl.oauthBearerProvider()).value);
}

Deno.test("Without a login kafkajs is told of none", async () => {
  const { sasl, ssl } = await loginOf(target({ kind: "none" }), undefined);
  assert.deepEqual([sasl, ssl], [undefined, undefined]);
});

Deno.test("A token is one of MSK's, for the region, by the target's own key", async () => {
  const next = await tokenMaker({ kind: "iam", region, credentials: fixed });
  const url = await next();
  const says = (name: string) => url.searchParams.get(name);
  assert.equal(url.host, "kafka.eu-west-1.amazonaws.com");
  assert.equal(says("Action"), "kafka-cluster:Connect");
  assert.match(says("X-Amz-Credential") ?? "", /^AKIASINK\/\d{8}\/eu-west-1\/kafka-cluster\//);
  assert.equal(says("X-Amz-Security-Token"), "FwoG+/==");
  assert.equal(says("X-Amz-Expires"), "900");
});

Deno.test("Credentials that are given are asked before each login, and their end is left to AWS", async () => {
  let renewals = 0;
  const given = () => {
    const expiration = new Date(Date.now() + 61_234.5);
    const key = { accessKeyId: `ASIA${++renewals}`, secretAccessKey: "s", sessionToken: "t" };
    return Promise.resolve({ ...key, expiration });
  };
  const next = await tokenMaker({ kind: "iam", region, credentials: fixed }, given);
  const made = [await next(), await next()];
  assert.deepEqual(made.map((url) => url.searchParams.get("X-Amz-Credential")?.split("/")[0]), [
    "ASIA1",
    "ASIA2",
  ]);
  assert.deepEqual(made.map((url) => url.searchParams.get("X-Amz-Expires")), ["900", "900"]);
});

Deno.test("Credentials that cannot be had are an error of whoever gives them", async () => {
  const given = () => Promise.reject(new Error("the role is gone"));
  const next = await tokenMaker({ kind: "iam", region, credentials: null }, given);
  await assert.rejects(next(), { message: "the role is gone" });
});

Deno.test("A file of authorities that cannot be read is a wrong setting", async () => {
  const auth = { kind: "none" } as const;
  await assert.rejects(
    loginOf(target(auth, { caFile: "/nowhere/ca.pem" }), undefined),
    (error) =>
      error instanceof UsageError && /KAFKA_CA_FILE \/nowhere\/ca\.pem/.test(error.message),
  );
});
