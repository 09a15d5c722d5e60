import assert from "node:assert/strict";
import { forbiddenAdvice, gatewayAuth } from "../../../pipelines/clients/gateway_auth.ts";
import type { KeySource } from "../../../pipelines/clients/identity.ts";
import { Secret } from "../../../pipelines/secret.ts";
import { parseClaim, sha256Hex, verifyClaim } from "../../../sim/net/sigv4.ts";
import { testKey } from "../../sim/keys.ts";

const pair = { accessKeyId: "AKIDTESTER", secretAccessKey: "secret" };
const body = new TextEncoder().encode('{"records":[{"value":{"title":"é😀"}}]}');
const request = {
  url: "https://abc.execute-api.eu-west-2.amazonaws.com/prod/topics/a%20b.pin",
  method: "POST",
  contentType: "application/vnd.kafka.json.v2+json",
  body,
};
const target = { gatewayAuth: "iam", gatewayKey: null, region: "eu-west-2" } as const;

/** What a verifier that knows this key and token makes of the header fields. */
function verdict(fields: Record<string, string>, sessionToken: string | null) {
  const host = "abc.execute-api.eu-west-2.amazonaws.com";
  const headers = new Map(Object.entries({ ...fields, host }));
  const wire = { method: "POST", path: "/prod/topics/a%20b.pin", query: "", headers };
  const parsed = parseClaim(wire);
  assert.ok(parsed.kind === "claim");
  const { kind } = verifyClaim(wire, parsed.claim, {
    region: "eu-west-2",
    service: "execute-api",
    nowMs: Date.now(),
    skewMs: 60_000,
    pathForm: "twice",
    payloadHash: sha256Hex(body),
    keyOf: () => ({ ...testKey(pair), sessionToken }),
    mustSign: (name) => name === "content-type" || name.startsWith("x-amz-"),
  });
  return kind;
}

Deno.test("With iam a request is signed over method, path, type, date and body", async () => {
  const fields = await gatewayAuth(target, () => Promise.resolve(pair))(request);
  assert.equal(fields["content-type"], request.contentType);
  assert.equal(verdict(fields, null), "good");
});

Deno.test("The token of a session is sent and signed", async () => {
  const session = { ...pair, sessionToken: "token" };
  const fields = await gatewayAuth(target, () => Promise.resolve(session))(request);
  assert.equal(fields["x-amz-security-token"], "token");
  assert.equal(verdict(fields, "token"), "good");
});

Deno.test("Credentials are asked for each request, so that new ones are used at once", async () => {
  const keys = ["one", "two"].map((accessKeyId) => ({ ...pair, accessKeyId }));
  const credentials: KeySource = () => Promise.resolve(keys.shift()!);
  const authorize = gatewayAuth(target, credentials);
  for (const name of ["one", "two"]) {
    assert.match((await authorize(request))["authorization"] ?? "", new RegExp(`=${name}/`));
  }
});

Deno.test("With key there is the key, with none the type alone; nobody asks for credentials", async () => {
  const nobody: KeySource = () => Promise.reject(new Error("asked for credentials"));
  const type = { "content-type": request.contentType };
  const gatewayKey = new Secret("the-key");
  assert.deepEqual(
    await gatewayAuth({ ...target, gatewayAuth: "key", gatewayKey }, nobody)(request),
    { ...type, "x-api-key": "the-key" },
  );
  assert.deepEqual(await gatewayAuth({ ...target, gatewayAuth: "none" }, nobody)(request), type);
});

Deno.test("Each 403 of the gateway has its advice", () => {
  const cases: [message: string, advice: RegExp][] = [
    ["User: a is not authorized to perform: execute-api:Invoke on resource: b", /allow it/],
    ["Missing Authentication Token", /GATEWAY_URL.*GATEWAY_AUTH=iam/],
    ["Forbidden", /GATEWAY_URL.*GATEWAY_AUTH=key/],
    ["The security token included in the request is expired", /new credentials/],
    ["The security token included in the request is invalid.", /AWS_ACCESS_KEY_ID/],
    ["Signature expired: x is now earlier than y", /clock/],
    ["Credential should be scoped to a valid region, not 'x'. ", /AWS_REGION/],
    ["The request signature we calculated does not match", /AWS_SECRET_ACCESS_KEY/],
    ["Something new", /GATEWAY_URL/],
  ];
  for (const [message, advice] of cases) {
    assert.match(forbiddenAdvice(JSON.stringify({ message })), advice, message);
    assert.match(forbiddenAdvice(JSON.stringify({ Message: message })), advice, message);
  }
  assert.match(forbiddenAdvice("<html>"), /GATEWAY_URL/);
});
