import assert from "node:assert/strict";
import type { Refusal } from "../../../sim/iam/door.ts";
import { type AccessKey, roleKey } from "../../../sim/iam/principal.ts";
import { signatureHeaders } from "../../../sim/net/sigv4_sign.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { testKey, testUserArn } from "../keys.ts";
import { definitionOf, type Fields, mockOf } from "./definitions.ts";
import { asked, gatewayOf, notingDoor, stoppedWorld } from "./running.ts";

const pair = { accessKeyId: "AKIDTESTER", secretAccessKey: "secret" };
const key = testKey(pair);
const { accountId } = worldFromSeed(1);
const schemes = {
  components: {
    securitySchemes: {
      sigv4: {
        type: "apiKey",
        name: "Authorization",
        in: "header",
        "x-amazon-apigateway-authtype": "awsSigv4",
      },
    },
  },
};
const template = "$!context.identity.userArn|$!context.identity.caller|$!context.identity.user|" +
  "$!context.identity.accountId|$!context.identity.accessKey";

/** `ANY /{proxy+}` for IAM and `ANY /open/{proxy+}` for everybody; a clock, and a door that notes. */
async function rig(
  { keys = [key], refusal = null, document = {} }: {
    keys?: readonly AccessKey[];
    refusal?: Refusal | null;
    document?: Fields;
  } = {},
) {
  const world = stoppedWorld();
  const { door, asks } = notingDoor(keys, refusal);
  const guarded = mockOf("/{proxy+}", "ANY", template, { security: [{ sigv4: [] }] });
  const open = mockOf("/open/{proxy+}", "ANY", template);
  const definition = definitionOf([guarded, open], { ...schemes, ...document });
  const gateway = await gatewayOf(definition, { door, region: "eu-west-2" }, world);
  return {
    asks,
    world,
    gateway,
    url: gateway.invokeUrl(),
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

interface Signing {
  with: { accessKeyId: string; secretAccessKey: string; sessionToken?: string | null };
  region: string;
  service: string;
  nowMs: number;
  /** What is signed in place of the body. */
  body: string;
  path: string;
}

/** A signed request, and what of it is signed otherwise than it is sent. */
function signed(
  url: string,
  nowMs: number,
  { method = "GET", body = "" } = {},
  other: Partial<Signing> = {},
): RequestInit {
  const { host, pathname, search } = new URL(url);
  const headers = signatureHeaders({
    method,
    path: other.path ?? pathname,
    query: search.slice(1),
    headers: [["host", host]],
    body: new TextEncoder().encode(other.body ?? body),
  }, {
    credentials: other.with ?? pair,
    region: other.region ?? "eu-west-2",
    service: other.service ?? "execute-api",
    nowMs: other.nowMs ?? nowMs,
  });
  return {
    method,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
    ...(body === "" ? {} : { body: new TextEncoder().encode(body) }),
  };
}

Deno.test("A signed request goes on, and templates see who signed it", async () => {
  await using one = await rig();
  const url = `${one.url}/topics/a.pin?x=1&b=%C3%A4`;
  const post = { method: "POST", body: '{"records":[]}' };
  assert.deepEqual(await asked(url, signed(url, one.world.nowMs(), post)), [
    200,
    null,
    `${testUserArn}|AIDAtester|AIDAtester|111122223333|AKIDTESTER`,
  ]);
});

Deno.test("The door is asked for Invoke on stage, verb and path, with what is known of the request", async () => {
  await using one = await rig();
  const url = `${one.url}/topics/%61.pin/a%2Fb`;
  const init = signed(url, one.world.nowMs(), { method: "POST", body: "x" });
  const headers = [...init.headers as [string, string][], ["user-agent", "tests/1"] as const];
  await asked(url, { ...init, headers: headers.map(([name, value]) => [name, value]) });
  assert.deepEqual(one.asks, [{
    principal: key.principal,
    action: "execute-api:Invoke",
    resource: `arn:aws:execute-api:eu-west-2:${accountId}:abcdefghij/prod/POST/topics/a.pin/a%2Fb`,
    context: {
      "aws:sourceip": "127.0.0.1",
      "aws:useragent": "tests/1",
    },
    resourcePolicy: null,
  }]);
});

Deno.test("Policies read a path as backends do: without empty segments", async () => {
  await using one = await rig();
  const plain = signed(`${one.url}/topics/a`, one.world.nowMs());
  for (const path of ["/topics/a", "//topics/a", "/topics//a"]) {
    assert.equal((await asked(`${one.url}${path}`, plain))[0], 200, path);
  }
  const slash = signed(`${one.url}/topics/a/`, one.world.nowMs());
  assert.equal((await asked(`${one.url}/topics//a//`, slash))[0], 200);
  const names = one.asks.map(({ resource }) => resource.split("/prod/")[1]);
  assert.deepEqual(names, Array(4).fill("GET/topics/a"));
});

const because = "because no identity-based policy allows the execute-api:Invoke action";

Deno.test("What IAM denies is 403 under Message, and the account shows its last four digits", async () => {
  const resource = `arn:aws:execute-api:eu-west-2:${accountId}:abcdefghij/prod/GET/x`;
  const start =
    `User: ${testUserArn} is not authorized to perform: execute-api:Invoke on resource:`;
  const refusal = { message: `${start} ${resource} ${because}`, because, isExplicit: false };
  await using one = await rig({ refusal });
  const url = `${one.url}/x`;
  const hidden = resource.replace(accountId, `********${accountId.slice(-4)}`);
  assert.deepEqual(await asked(url, signed(url, one.world.nowMs())), [
    403,
    "AccessDeniedException",
    JSON.stringify({ Message: `${start} ${hidden} ${because}` }),
  ]);
});

Deno.test("An unsigned request is 403 Missing Authentication Token", async () => {
  await using one = await rig();
  assert.deepEqual(await asked(`${one.url}/x`), [
    403,
    "MissingAuthenticationTokenException",
    '{"message":"Missing Authentication Token"}',
  ]);
  assert.equal(one.asks.length, 0);
});

/** Of a refusal: the type of the error and what it says. */
async function said(
  other: Partial<Signing>,
  { keys = [key], send = "", nowMs = 0 }: { keys?: AccessKey[]; send?: string; nowMs?: number } =
    {},
) {
  await using one = await rig({ keys });
  const url = `${one.url}/x`;
  const request = { method: "POST", body: send };
  const init = signed(url, one.world.nowMs() + nowMs, request, other);
  const [status, type, text] = await asked(url, init);
  assert.equal(status, 403);
  assert.equal(one.asks.length, 0, "nobody is asked about nobody");
  return [type, JSON.parse(String(text)).message];
}

Deno.test("An unknown key and a wrong token are 403 with the words for both", async () => {
  const wrong = [
    "UnrecognizedClientException",
    "The security token included in the request is invalid.",
  ];
  assert.deepEqual(await said({}, { keys: [] }), wrong);
  assert.deepEqual(await said({ with: { ...pair, sessionToken: "stray" } }), wrong);
  const session = { ...key, sessionToken: "token" };
  assert.deepEqual(await said({}, { keys: [session] }), wrong, "the token is missing");
});

Deno.test("The key of a session that has ended is 403 ExpiredToken", async () => {
  const role = roleKey(pair, "111122223333", { role: "poster", sessionName: "s" });
  const session = { ...role.principal.session!, expiresMs: stoppedWorld().nowMs() };
  const ended = { ...role, principal: { ...role.principal, session } };
  assert.deepEqual(await said({}, { keys: [ended] }), [
    "ExpiredTokenException",
    "The security token included in the request is expired",
  ]);
});

Deno.test("A signature over another body, path or secret is 403, and is told what should have been", async () => {
  for (
    const other of [
      { body: "other" },
      { path: "/prod/y" },
      { with: { ...pair, secretAccessKey: "wrong" } },
    ]
  ) {
    const [type, message] = await said(other, { send: "sent" });
    assert.equal(type, "InvalidSignatureException");
    assert.match(
      message,
      /^The request signature we calculated does not match the signature you provided\. /,
    );
    assert.match(
      message,
      /The Canonical String for this request should have been\n'POST\n\/prod\/x\n/,
    );
  }
});

Deno.test("A clock may be off five minutes and no more", async () => {
  await using one = await rig();
  const url = `${one.url}/x`;
  for (const off of [-300_000, 300_000]) {
    assert.equal((await asked(url, signed(url, one.world.nowMs() + off)))[0], 200);
  }
  assert.deepEqual(await said({}, { nowMs: -301_000 }), [
    "InvalidSignatureException",
    "Signature expired: 20261130T115459Z is now earlier than 20261130T115500Z " +
    "(20261130T120000Z - 5 min.)",
  ]);
  assert.deepEqual(await said({}, { nowMs: 301_000 }), [
    "InvalidSignatureException",
    "Signature not yet current: 20261130T120501Z is still later than 20261130T120500Z " +
    "(20261130T120000Z + 5 min.)",
  ]);
});

Deno.test("A signature for another service or region is 403", async () => {
  assert.deepEqual(await said({ service: "kinesis" }), [
    "InvalidSignatureException",
    "Credential should be scoped to correct service: 'execute-api'. ",
  ]);
  assert.deepEqual(await said({ region: "us-east-1" }), [
    "InvalidSignatureException",
    "Credential should be scoped to a valid region, not 'us-east-1'. ",
  ]);
});

Deno.test("A header that is no signature is 403 IncompleteSignature, and names what is missing", async () => {
  await using one = await rig();
  const told = async (authorization: string, headers = {}) => {
    const [status, type, text] = await asked(`${one.url}/x`, {
      headers: { authorization, ...headers },
    });
    assert.deepEqual([status, type], [403, "IncompleteSignatureException"]);
    return JSON.parse(String(text)).message;
  };
  assert.equal(
    await told("AWS4-HMAC-SHA256 Credential=a/b/c/d/e, Signature=x", { "x-amz-date": "x" }),
    "Authorization header requires 'SignedHeaders' parameter. " +
      "Authorization=AWS4-HMAC-SHA256 Credential=a/b/c/d/e, Signature=x",
  );
  assert.equal(
    await told("Bearer token"),
    "Authorization header requires 'Credential' parameter. Authorization header requires " +
      "'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. " +
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. " +
      "Authorization=Bearer token",
  );
});

Deno.test("Where nothing is asked for, a signature counts for nothing, right or wrong", async () => {
  await using one = await rig();
  const url = `${one.url}/open/x`;
  assert.deepEqual(await asked(url), [200, null, "||||"]);
  assert.deepEqual(await asked(url, signed(url, 0)), [200, null, "||||"]);
  assert.equal(one.asks.length, 0);
});

const policy = {
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: "*", Action: "execute-api:Invoke", Resource: "execute-api:/*" },
    {
      Effect: "Deny",
      Principal: "*",
      Action: "execute-api:Invoke",
      NotResource: ["execute-api:/prod/GET/x", "arn:aws:execute-api:*:*:*/*/PUT/*"],
    },
  ],
};

Deno.test("A resource policy is asked of everybody, its short resources written out", async () => {
  await using one = await rig({ document: { "x-amazon-apigateway-policy": policy } });
  await asked(`${one.url}/open/x`);
  const url = `${one.url}/x`;
  await asked(url, signed(url, one.world.nowMs()));
  const [anybody, signer] = one.asks;
  const api = `arn:aws:execute-api:eu-west-2:${accountId}:abcdefghij`;
  assert.deepEqual(JSON.parse(anybody?.resourcePolicy ?? "").Statement, [
    { ...policy.Statement[0], Resource: `${api}/*` },
    {
      ...policy.Statement[1],
      NotResource: [`${api}/prod/GET/x`, "arn:aws:execute-api:*:*:*/*/PUT/*"],
    },
  ]);
  assert.deepEqual([anybody?.principal.kind, signer?.principal.kind], ["anonymous", "aws"]);
  assert.equal(signer?.resourcePolicy, anybody?.resourcePolicy);
});

Deno.test("A denial can be given another form", async () => {
  const { door } = notingDoor([key], { message: "no", because: "", isExplicit: true });
  const definition = definitionOf([mockOf("/x", "GET")], {
    "x-amazon-apigateway-policy": policy,
    "x-amazon-apigateway-gateway-responses": {
      ACCESS_DENIED: {
        statusCode: "404",
        responseTemplates: { "application/json": '{"why":$context.error.messageString}' },
      },
    },
  });
  await using gateway = await gatewayOf(definition, { door });
  assert.deepEqual(await asked(`${gateway.invokeUrl()}/x`), [
    404,
    "AccessDeniedException",
    '{"why":"no"}',
  ]);
});
