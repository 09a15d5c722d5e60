/** The gateway at the door of a real account: identity policies and the API's own, in AWS's words. */
import assert from "node:assert/strict";
import type { AccountOptions } from "../../../sim/iam/account/mod.ts";
import { signatureHeaders } from "../../../sim/net/sigv4_sign.ts";
import { accountId, alice, opened, policy, seed, statement } from "../iam/account/support.ts";
import { definitionOf, mockOf } from "./definitions.ts";
import { gatewayOf } from "./running.ts";

const api = `arn:aws:execute-api:us-east-1:${accountId}:abcdefghij`;
const hidden = api.replace(accountId, `********${accountId.slice(-4)}`);
const invoke = "execute-api:Invoke";
const name = "x-amazon-apigateway-policy";
const sigv4 = {
  type: "apiKey",
  name: "Authorization",
  in: "header",
  "x-amazon-apigateway-authtype": "awsSigv4",
};

interface Given {
  /** Of alice. */
  identity?: string;
  /** Of the API. */
  statements?: unknown[];
  account?: Partial<AccountOptions>;
}

/** What alice is told at `GET /x`, and who signs nothing at `GET /open/x`. */
async function told({ identity, statements, account = {} }: Given) {
  const policies: Record<string, string> = identity === undefined ? {} : { own: identity };
  using world = opened({ ...account, seed: { ...seed, users: [{ ...alice, policies }] } });
  const document = statements === undefined
    ? {}
    : { [name]: { Version: "2012-10-17", Statement: statements } };
  const definition = definitionOf(
    [mockOf("/x", "GET", "in", { security: [{ sigv4: [] }] }), mockOf("/open/x", "GET", "in")],
    { components: { securitySchemes: { sigv4 } }, ...document },
  );
  await using gateway = await gatewayOf(definition, { door: world.account });
  const signed = await fetch(`${gateway.invokeUrl()}/x`, {
    headers: signatureHeaders({
      method: "GET",
      path: "/prod/x",
      query: "",
      headers: [["host", `127.0.0.1:${gateway.port}`]],
      body: new Uint8Array(0),
    }, {
      credentials: alice,
      region: "us-east-1",
      service: "execute-api",
      nowMs: Date.now(),
    }).map(([name, value]): [string, string] => [name, value]),
  });
  const open = await fetch(`${gateway.invokeUrl()}/open/x`);
  return [await wordsOf(signed), await wordsOf(open)];
}

async function wordsOf(response: Response): Promise<string> {
  const text = await response.text();
  return response.status === 200 ? text : JSON.parse(text).Message;
}

const denied = (who: string, path: string, why: string) =>
  `User: ${who} is not authorized to perform: ${invoke} on resource: ${hidden}/prod/GET/${path} ${why}`;
const aliceArn = `arn:aws:iam::${accountId}:user/alice`;
const noIdentity = `because no identity-based policy allows the ${invoke} action`;
const noResource = `because no resource-based policy allows the ${invoke} action`;
const explicit = "with an explicit deny in a resource-based policy";
const toAll = (effect: string, more = {}) => ({
  Effect: effect,
  Principal: "*",
  Action: invoke,
  Resource: "execute-api:/*",
  ...more,
});

Deno.test("Without a policy of her own alice is refused, with one on this method she is not", async () => {
  assert.deepEqual(await told({}), [denied(aliceArn, "x", noIdentity), "in"]);
  for (const resource of [`${api}/prod/GET/x`, `${api}/*/GET/*`, "*"]) {
    assert.deepEqual(await told({ identity: policy(statement("Allow", invoke, resource)) }), [
      "in",
      "in",
    ]);
  }
  for (const resource of [`${api}/prod/PUT/x`, `${api}/test/*`, `${api}/prod/GET/y`]) {
    const identity = policy(statement("Allow", invoke, resource));
    assert.equal((await told({ identity }))[0], denied(aliceArn, "x", noIdentity), resource);
  }
});

Deno.test("The API's policy may let in whom no other does, and must do so for who signs nothing", async () => {
  assert.deepEqual(await told({ statements: [toAll("Allow")] }), ["in", "in"]);
  const onlyAlice = toAll("Allow", { Principal: { AWS: aliceArn } });
  assert.deepEqual(await told({ statements: [onlyAlice] }), [
    "in",
    denied("anonymous", "open/x", noResource),
  ]);
});

Deno.test("A Deny of the API's policy is the last word", async () => {
  const identity = policy(statement("Allow", "*"));
  const deny = toAll("Deny", { Resource: "execute-api:/prod/GET/*" });
  assert.deepEqual(await told({ identity, statements: [toAll("Allow"), deny] }), [
    denied(aliceArn, "x", explicit),
    denied("anonymous", "open/x", explicit),
  ]);
});

Deno.test("Conditions see where a request is from, and whether loopback counts as secure", async () => {
  const identity = policy(statement("Allow", "*"));
  const secureOnly = toAll("Deny", { Condition: { Bool: { "aws:SecureTransport": "false" } } });
  const statements = [toAll("Allow"), secureOnly];
  assert.deepEqual(await told({ identity, statements }), ["in", "in"]);
  const account = { loopbackIsSecure: false };
  assert.equal((await told({ identity, statements, account }))[0], denied(aliceArn, "x", explicit));
  const elsewhere = toAll("Deny", {
    Condition: { NotIpAddress: { "aws:SourceIp": ["127.0.0.0/8"] } },
  });
  assert.deepEqual(await told({ identity, statements: [toAll("Allow"), elsewhere] }), ["in", "in"]);
});

Deno.test("A policy that is none is refused on loading", async () => {
  await assert.rejects(told({ statements: [toAll("Perhaps")] }), {
    name: "RouteError",
    message: /^x-amazon-apigateway-policy: /,
  });
});
