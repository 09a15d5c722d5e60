/** The proxy in front of a broker that asks who it is, with a key that is renewed meanwhile. */
import assert from "node:assert/strict";
import { noFaults } from "../../../sim/faults/plan.ts";
import { type AccessKey, roleKey } from "../../../sim/iam/principal.ts";
import { startKafkaRest } from "../../../sim/kafka_rest/mod.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { watchedDoor } from "../kafka/doors.ts";
import { startTestBroker } from "../kafka/support.ts";

const json = "application/vnd.kafka.json.v2+json";

/** The nth session of the machine's role. */
function sessionKey(n: number, expiresMs: number): AccessKey {
  const pair = { accessKeyId: `ASIAREST${n}`, secretAccessKey: `secret ${n}` };
  const { principal, ...key } = roleKey(pair, "111122223333", {
    role: "rest-proxy",
    sessionName: "i-0123456789",
  });
  const session = principal.session && { ...principal.session, expiresMs };
  return { ...key, sessionToken: `token ${n}`, principal: { ...principal, session } };
}

async function withRest(
  use: (
    world: {
      keys: AccessKey[];
      clock: { aheadMs: number };
      /** The key that the proxy signs with in place of its own; null: its own again. */
      signWith(key: AccessKey | null): void;
      /** Rights that are refused from now on. */
      refused: Set<string>;
      produce(value: number): Promise<{ status: number; offsets: { error_code: number }[] }>;
      /** Status and body of another request. */
      ask(method: string, path: string, body?: unknown): Promise<[status: number, body: unknown]>;
    },
  ) => Promise<void>,
): Promise<void> {
  const clock = { aheadMs: 0 };
  const nowMs = () => Date.now() + clock.aheadMs;
  const keys: AccessKey[] = [];
  let foreign: AccessKey | null = null;
  const door = watchedDoor(keys);
  await using broker = await startTestBroker({
    listeners: { iam: { port: 0, tls: false } },
    topics: ["t"],
    door,
    nowMs,
  });
  const credentials = () => {
    if (foreign !== null) return foreign;
    const key = sessionKey(keys.length, nowMs() + 100_000);
    keys.push(key);
    return key;
  };
  await using rest = await startKafkaRest(
    { world: worldFromSeed(1, nowMs), faults: noFaults, dir: "" },
    {
      brokers: [`127.0.0.1:${broker.ports.iam}`],
      maxBlockMs: 500,
      deliveryTimeoutMs: 2000,
      auth: { region: "us-east-1", credentials },
    },
  );
  const produce = async (value: number) => {
    const response = await fetch(`http://127.0.0.1:${rest.port}/topics/t`, {
      method: "POST",
      headers: { "content-type": json },
      body: JSON.stringify({ records: [{ value }] }),
    });
    return { status: response.status, ...await response.json() };
  };
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`http://127.0.0.1:${rest.port}${path}`, {
      method,
      ...(body === undefined ? {} : {
        headers: { "content-type": "application/vnd.kafka.v2+json" },
        body: JSON.stringify(body),
      }),
    });
    const text = await response.text();
    return [response.status, text === "" ? null : JSON.parse(text)] as [number, unknown];
  };
  const signWith = (key: AccessKey | null) => void (foreign = key);
  await use({ keys, clock, refused: door.refused, produce, ask, signWith });
}

Deno.test("The proxy produces as its role through many sessions, and loses nothing", () =>
  withRest(async ({ keys, clock, produce }) => {
    const offsets: number[] = [];
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => produce(at)));
      for (const { status, offsets: [entry] } of answers) {
        assert.equal(status, 200);
        offsets.push(Object(entry).offset);
      }
      clock.aheadMs += 91_000;
    }
    assert.deepEqual(offsets.sort((a, b) => a - b), Array.from({ length: 200 }, (_, at) => at));
    assert.equal(keys.length, 10, "one login for each session");
  }));

Deno.test("A session that was over before its renewal, and an idle one, are renewed too", () =>
  withRest(async ({ clock, produce }) => {
    assert.equal((await produce(1)).status, 200);
    clock.aheadMs += 500_000;
    assert.equal((await produce(2)).status, 200);
  }));

Deno.test("A key that the account does not know is 401 with the broker's words; a good one mends it", () =>
  withRest(async ({ clock, produce, signWith }) => {
    assert.equal((await produce(1)).status, 200);
    signWith(sessionKey(99, Infinity));
    clock.aheadMs += 95_000;
    const { status, offsets } = await produce(2);
    assert.equal(status, 401);
    assert.equal(offsets[0]?.error_code, 40101);
    assert.match(JSON.stringify(offsets), /\]: Access denied/);
    signWith(null);
    clock.aheadMs += 1000;
    assert.equal((await produce(3)).status, 200);
  }));

const denied = (message: string) => [403, { error_code: 40301, message }];

Deno.test("A topic that the role may not write is 403 for every record, at once, until it may", () =>
  withRest(async ({ refused, produce }) => {
    // To describe it is asked first; what was learned then holds for a while.
    for (const right of ["DescribeTopic topic/t", "WriteData topic/t"]) {
      refused.add(right);
      const { status, offsets } = await produce(1);
      assert.equal(status, 403);
      assert.deepEqual(offsets, [{
        ...{ partition: null, offset: null },
        ...{ error_code: 40301, error: "Not authorized to access topics: [t]" },
      }]);
      refused.clear();
    }
    assert.equal((await produce(2)).status, 200);
  }));

Deno.test("A topic that the role may not see, and a group that it may not join, are 403", () =>
  withRest(async ({ refused, ask }) => {
    refused.add("DescribeTopic topic/t");
    assert.deepEqual(await ask("GET", "/topics/t"), denied("Topic authorization failed."));
    assert.deepEqual(await ask("GET", "/topics"), [200, []]);
    refused.clear();
    const config = { name: "c", format: "binary", "auto.offset.reset": "earliest" };
    assert.equal((await ask("POST", "/consumers/g", config))[0], 200);
    const instance = "/consumers/g/instances/c";
    assert.equal((await ask("POST", `${instance}/subscription`, { topics: ["t"] }))[0], 204);
    refused.add("DescribeGroup group/g");
    assert.deepEqual(
      await ask("GET", `${instance}/records`),
      denied("Not authorized to access group: g"),
    );
    refused.clear();
    refused.add("ReadData topic/t");
    assert.deepEqual(
      await ask("GET", `${instance}/records`),
      denied("Not authorized to access topics: [t]"),
    );
    refused.clear();
    assert.equal((await ask("DELETE", instance))[0], 204);
  }));
