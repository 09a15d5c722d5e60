/**
 * The deployed gateway as the pipelines' clients meet it: with a signature, with an API key, and
 * what they say when it lets them through no more.
 */
import assert from "node:assert/strict";
import { gatewayAuth } from "../../pipelines/clients/gateway_auth.ts";
import { openGateway } from "../../pipelines/clients/gateway.ts";
import { openGatewayStreams } from "../../pipelines/clients/gateway_streams.ts";
import {
  type GatewayAuth,
  gatewayBeside,
  gatewayDefinition,
} from "../../pipelines/deploy/gateway/mod.ts";
import { resourcesOf } from "../../pipelines/resources.ts";
import { Secret } from "../../pipelines/secret.ts";
import { noFaults } from "../../sim/faults/plan.ts";
import { startGateway } from "../../sim/gateway/mod.ts";
import type { Door, Refusal } from "../../sim/iam/door.ts";
import { startKinesis } from "../../sim/kinesis/mod.ts";
import { worldFromSeed } from "../../sim/world.ts";
import { testTiming } from "../pipelines/clients/testing.ts";
import { everyRole } from "../sim/gateway/definitions.ts";
import { testDoor } from "../sim/keys.ts";

const region = "us-east-1";
const resources = resourcesOf("0123456789ab", region);
const stream = resources.streams.pin;
const poster = { accessKeyId: "AKIDPOSTER", secretAccessKey: "secret" };
const role = { accessKeyId: "AKIDGATEWAY", secretAccessKey: "secret" };
const value = "k".repeat(40);
const limits = { limitMs: 2000, baseMs: 1, capMs: 5 };
const record = { partitionKey: "1", data: '{"index":1}' };

/** The deployed gateway in front of a Kinesis that has the stream, and a client of it. */
async function startTarget(
  auth: GatewayAuth,
  { refusal = null, usesAuth = auth }: { refusal?: Refusal | null; usesAuth?: GatewayAuth } = {},
) {
  const dir = await Deno.makeTempDir();
  const context = { world: worldFromSeed(1), faults: noFaults, dir };
  const kinesis = await startKinesis(context, {
    port: 0,
    region,
    door: testDoor(role),
    limits: "off",
    streams: [stream],
    transitionMs: 0,
  });
  let asks = 0;
  const door: Door = {
    ...testDoor(poster),
    refusalOf() {
      asks++;
      return refusal;
    },
  };
  const place = { accountId: context.world.accountId, restProxy: "127.0.0.1:1" };
  const beside = gatewayBeside(resources, auth);
  const gateway = await startGateway(context, {
    ...beside,
    keys: beside.keys.map((key) => ({ ...key, value })),
    region,
    definition: await gatewayDefinition(resources, place, auth),
    services: { kinesis: `http://127.0.0.1:${kinesis.port}` },
    door,
    roleSession: everyRole(role),
  });
  const authorize = gatewayAuth(
    { gatewayAuth: usesAuth, gatewayKey: new Secret(value), region },
    () => Promise.resolve(poster),
  );
  const options = { timing: testTiming(), limits, authorize };
  return {
    url: gateway.invokeUrl(),
    streams: openGatewayStreams(gateway.invokeUrl(), options),
    topics: openGateway(gateway.invokeUrl(), options),
    asked: () => asks,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await kinesis[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

for (const auth of ["iam", "key", "none"] as const) {
  Deno.test(`A gateway deployed with ${auth} takes records of a client with ${auth}`, async () => {
    await using target = await startTarget(auth);
    const { outcomes, failure } = await target.streams.putRecords(stream, [record]);
    assert.equal(failure, undefined);
    assert.equal(outcomes.length, 1);
    assert.ok(outcomes[0] !== undefined && "offset" in outcomes[0]);
    assert.equal(target.asked(), auth === "iam" ? 1 : 0);
  });
}

Deno.test("A client without signature or key is told what the gateway wants, and tries once", async () => {
  for (
    const [auth, words] of [
      ["iam", /answered 403 Missing Authentication Token; .*GATEWAY_AUTH=iam/],
      ["key", /answered 403 Forbidden; .*GATEWAY_AUTH=key/],
    ] as const
  ) {
    await using target = await startTarget(auth, { usesAuth: "none" });
    const { failure, resentCount } = await target.streams.putRecords(stream, [record]);
    assert.match(String(failure?.message), words);
    assert.equal(resentCount, 0);
  }
});

Deno.test("A denial of IAM is told with principal, action, resource and reason, and not tried again", async () => {
  const because = "because no identity-based policy allows the execute-api:Invoke action";
  const message = "User: arn:aws:iam::111122223333:user/poster is not authorized to perform: " +
    `execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:1:a/prod/PUT/x ${because}`;
  for (const kind of ["streams", "topics"] as const) {
    await using target = await startTarget("iam", {
      refusal: { message, because, isExplicit: false },
    });
    const { failure, resentCount } = kind === "streams"
      ? await target.streams.putRecords(stream, [record])
      : await target.topics.produce("a.pin", [{ value: "1" }]);
    const told = String(failure?.message);
    assert.ok(told.includes(`answered 403 ${message}; allow it`), told);
    assert.equal(resentCount, 0);
    assert.equal(target.asked(), 1);
  }
});

Deno.test("The deployed document says what it wants of a request before Kinesis does", async () => {
  await using target = await startTarget("none");
  const iterator = await fetch(`${target.url}/streams/${stream}/sharditerator`);
  assert.deepEqual([iterator.status, await iterator.json()], [400, {
    message: "Missing required request parameters: [shard-id]",
  }]);
  const records = await fetch(`${target.url}/streams/${stream}/records`);
  assert.deepEqual([records.status, await records.json()], [400, {
    message: "Missing required request parameters: [Shard-Iterator]",
  }]);
});
