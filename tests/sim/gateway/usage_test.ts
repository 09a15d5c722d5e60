import assert from "node:assert/strict";
import type { ApiKey, GatewayOptions, UsagePlan } from "../../../sim/gateway/mod.ts";
import { definitionOf, mockOf } from "./definitions.ts";
import { asked, gatewayOf, stoppedWorld } from "./running.ts";

const value = "k".repeat(20);
const keys: ApiKey[] = [
  { id: "one", name: "first", value },
  { id: "two", name: "second", value: "l".repeat(20) },
  { id: "off", name: "third", value: "m".repeat(20), isEnabled: false },
  { id: "lone", name: "fourth", value: "n".repeat(20) },
];
const plan: UsagePlan = { name: "plan", stages: ["prod"], keys: ["one", "two", "off"] };

const schemes = {
  components: { securitySchemes: { api_key: { type: "apiKey", name: "x-api-key", in: "header" } } },
};
const guarded = mockOf("/x", "GET", "$context.identity.apiKeyId $context.identity.apiKey", {
  security: [{ api_key: [] }],
});
const open = mockOf("/open", "GET", "[$!context.identity.apiKey]");

const forbidden = [403, "ForbiddenException", '{"message":"Forbidden"}'];
const tooMany = [429, "TooManyRequestsException", '{"message":"Too Many Requests"}'];
const exceeded = [429, "LimitExceededException", '{"message":"Limit Exceeded"}'];

/** A gateway with these plans, its clock, and how it answers a key. */
async function rig(plans: UsagePlan[], options: Partial<GatewayOptions> = {}) {
  const world = stoppedWorld();
  const stages = [{ name: "prod" }, { name: "test" }];
  const definition = definitionOf([guarded, open], schemes);
  const gateway = await gatewayOf(
    definition,
    { keys, usagePlans: plans, stages, ...options },
    world,
  );
  const answer = (key: string | null, path = "prod/x") =>
    asked(`http://127.0.0.1:${gateway.port}/${path}`, {
      headers: key === null ? {} : { "x-api-key": key },
    });
  return { answer, world, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() };
}

Deno.test("A key of a plan of this stage lets through, and templates see it", async () => {
  await using one = await rig([plan]);
  assert.deepEqual(await one.answer(value), [200, null, `one ${value}`]);
  assert.deepEqual(await one.answer(value, "prod/open"), [200, null, "[]"], "not asked for");
});

Deno.test("No key, a wrong one, one not enabled, in no plan, or in none of the stage: Forbidden", async () => {
  await using one = await rig([plan]);
  for (
    const key of [
      null,
      "",
      "x".repeat(20),
      "m".repeat(20),
      "n".repeat(20),
      `${value} `.trim() + "k",
    ]
  ) {
    assert.deepEqual(await one.answer(key), forbidden, String(key));
  }
  assert.deepEqual(await one.answer(value, "test/x"), forbidden);
});

Deno.test("A plan's throttle is each key's own", async () => {
  await using one = await rig([{ ...plan, throttle: { ratePerSecond: 1, burst: 2 } }]);
  const second = "l".repeat(20);
  assert.equal((await one.answer(value))[0], 200);
  assert.equal((await one.answer(value))[0], 200);
  assert.deepEqual(await one.answer(value), tooMany);
  assert.equal((await one.answer(second))[0], 200);
  one.world.turn(1000);
  assert.equal((await one.answer(value))[0], 200);
  assert.deepEqual(await one.answer(value), tooMany);
});

Deno.test("The throttle of a method holds beside that of its plan", async () => {
  const methodThrottles = { "GET /x": { ratePerSecond: 1, burst: 1 } };
  const throttle = { ratePerSecond: 1, burst: 100 };
  await using one = await rig([{ ...plan, throttle, methodThrottles }]);
  assert.equal((await one.answer(value))[0], 200);
  assert.deepEqual(await one.answer(value), tooMany);
});

Deno.test("A quota counts in days, weeks from Sunday on, and months of UTC", async () => {
  // 2026-11-30, a Monday, at noon.
  const hour = 3_600_000;
  for (
    const [period, still, over] of [
      ["DAY", 12 * hour - 1, 12 * hour],
      ["WEEK", 5 * 24 * hour + 12 * hour - 1, 5 * 24 * hour + 12 * hour],
      ["MONTH", 12 * hour - 1, 12 * hour],
    ] as const
  ) {
    await using one = await rig([{ ...plan, quota: { limit: 2, period } }]);
    assert.equal((await one.answer(value))[0], 200);
    assert.equal((await one.answer(value))[0], 200);
    assert.deepEqual(await one.answer(value), exceeded, period);
    one.world.turn(still);
    assert.deepEqual(await one.answer(value), exceeded, `${period}, just before its end`);
    one.world.turn(over - still);
    assert.equal((await one.answer(value))[0], 200, `${period}, from its end on`);
  }
});

Deno.test("What is throttled does not count against the quota", async () => {
  const throttle = { ratePerSecond: 1, burst: 1 };
  await using one = await rig([{ ...plan, throttle, quota: { limit: 2, period: "DAY" } }]);
  assert.equal((await one.answer(value))[0], 200);
  assert.deepEqual(await one.answer(value), tooMany);
  one.world.turn(1000);
  assert.equal((await one.answer(value))[0], 200);
  one.world.turn(1000);
  assert.deepEqual(await one.answer(value), exceeded);
});

Deno.test("A stage has throttles of its own, with or without a key", async () => {
  const stages = [{
    name: "prod",
    throttle: { ratePerSecond: 1, burst: 1 },
    methodThrottles: { "GET /x": { ratePerSecond: 1, burst: 2 } },
  }];
  await using one = await rig([plan], { stages });
  assert.equal((await one.answer(null, "prod/open"))[0], 200);
  assert.deepEqual(await one.answer(null, "prod/open"), tooMany);
  assert.equal((await one.answer(value))[0], 200);
  assert.equal((await one.answer(value))[0], 200);
  assert.deepEqual(await one.answer(value), tooMany);
});

Deno.test("Plans and keys that cannot work are refused on loading", async () => {
  const message = async (plans: UsagePlan[], given = keys) => {
    try {
      await using _ = await rig(plans, { keys: given });
    } catch (error) {
      assert.ok(error instanceof Error && error.name === "RouteError");
      return error.message;
    }
    return "none";
  };
  assert.match(await message([{ ...plan, keys: ["x"] }]), /'plan': there is no key 'x'/);
  assert.match(await message([{ ...plan, stages: ["x"] }]), /'plan': there is no stage 'x'/);
  assert.match(
    await message([{ ...plan, throttle: { ratePerSecond: 0, burst: 1 } }]),
    /'plan': a rate must be above 0/,
  );
  assert.match(await message([], [{ id: "a", name: "a", value: "short" }]), /20 to 128 characters/);
  assert.match(
    await message([], [{ id: "a", name: "a", value }, { id: "b", name: "b", value }]),
    /Two API keys have the same value/,
  );
});
