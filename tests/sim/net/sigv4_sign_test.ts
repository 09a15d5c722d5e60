import assert from "node:assert/strict";
import { SignatureV4 } from "@smithy/signature-v4";
import { presignedQuery, signatureHeaders } from "../../../sim/net/sigv4_sign.ts";
import { Sha256 } from "./sha256.ts";

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfi" };
const nowMs = Date.UTC(2026, 10, 21, 8, 5, 9);
const target = "Kinesis_20131202.PutRecord";
const type = "application/x-amz-json-1.1";

/** What the library that the SDKs sign with makes of the same request. */
async function expected(path: string, body: Uint8Array, token?: string): Promise<string> {
  const signer = new SignatureV4({
    credentials: token === undefined ? credentials : { ...credentials, sessionToken: token },
    region: "eu-west-1",
    service: "kinesis",
    sha256: Sha256,
    applyChecksum: false,
  });
  const signed = await signer.sign({
    method: "POST",
    protocol: "http:",
    hostname: "127.0.0.1",
    path,
    query: {},
    headers: { host: "127.0.0.1:4567", "content-type": type, "x-amz-target": target },
    body,
  }, { signingDate: new Date(nowMs) });
  return signed.headers["authorization"] ?? "";
}

function signed(path: string, body: Uint8Array, token?: string): Map<string, string> {
  const headers = [["Host", "127.0.0.1:4567"], ["Content-Type", type], ["X-Amz-Target", target]];
  return new Map(signatureHeaders(
    {
      method: "POST",
      path,
      query: "",
      headers: headers.map(([name = "", value = ""]) => [name, value]),
      body,
    },
    {
      credentials: token === undefined ? credentials : { ...credentials, sessionToken: token },
      region: "eu-west-1",
      service: "kinesis",
      nowMs,
    },
  ));
}

Deno.test("The signature is the one that the SDKs' signer makes", async () => {
  for (const [path, text] of [["/", "{}"], ["/", '{"Data":"é"}'], ["/a b/é", ""]] as const) {
    const body = new TextEncoder().encode(text);
    const headers = signed(path, body);
    assert.equal(headers.get("Authorization"), await expected(path, body));
    assert.equal(headers.get("X-Amz-Date"), "20261121T080509Z");
  }
});

Deno.test("The token of a role's session is sent and signed", async () => {
  const body = new TextEncoder().encode("{}");
  const headers = signed("/", body, "token/+=");
  assert.equal(headers.get("X-Amz-Security-Token"), "token/+=");
  assert.match(headers.get("Authorization") ?? "", /x-amz-security-token/);
  assert.equal(headers.get("Authorization"), await expected("/", body, "token/+="));
});

Deno.test("A presigned query is the one that the SDKs' signer makes, with a token and without", async () => {
  const host = "kafka.eu-west-1.amazonaws.com";
  for (const sessionToken of [undefined, "FwoGZXIvYXdzEBYaDH+/=="]) {
    const keys = sessionToken === undefined ? credentials : { ...credentials, sessionToken };
    const where = { region: "eu-west-1", service: "kafka-cluster" };
    const signer = new SignatureV4({ ...where, credentials: keys, sha256: Sha256 });
    const { query } = await signer.presign({
      method: "GET",
      protocol: "https:",
      hostname: host,
      path: "/",
      query: { Action: "kafka-cluster:Connect" },
      headers: { host },
    }, { signingDate: new Date(nowMs), expiresIn: 900 });
    const made = presignedQuery(
      {
        method: "GET",
        path: "/",
        query: "Action=kafka-cluster%3AConnect",
        headers: [["Host", host]],
        body: new Uint8Array(0),
      },
      { ...where, credentials: keys, nowMs },
      900,
    );
    assert.deepEqual(Object.fromEntries(new URLSearchParams(made)), query);
    assert.match(made, /^Action=kafka-cluster%3AConnect&X-Amz-Algorithm=/);
  }
});
