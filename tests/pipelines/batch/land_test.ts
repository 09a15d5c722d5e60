import assert from "node:assert/strict";
import fc from "fast-check";
import { LandingGoal } from "../../../pipelines/batch/goal.ts";
import { land } from "../../../pipelines/batch/land.ts";
import { readSinkConfig, type SinkConfig } from "../../../pipelines/batch/sink_config.ts";
import type { Consumer } from "../../../pipelines/clients/kafka.ts";
import { RunError } from "../../../pipelines/errors.ts";
import { Death, type Habits, type Log, Outside, Process } from "./landing.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

/** Messages with these values at offsets 0, 1, 2 …; `gap` leaves one offset out. */
const gap = Symbol("gap");
function logOf(values: (string | null | typeof gap)[]): Log {
  return values.flatMap((value, at) =>
    value === gap ? [] : [{ offset: BigInt(at), value: value === null ? null : encode(value) }]
  );
}

function goalOf(outside: Outside): LandingGoal {
  const goal = new LandingGoal();
  for (const [name, log] of outside.logs) {
    const [topic = "", partition] = name.split("/");
    const last = log.at(-1);
    if (last !== undefined) goal.raise(topic, Number(partition), last.offset);
  }
  goal.finish();
  return goal;
}

function run(outside: Outside, config: SinkConfig, habits: Habits) {
  const process = new Process(outside, habits);
  return {
    process,
    landed: land({ consumer: process, objects: process, goal: goalOf(outside) }, config),
  };
}

function outsideOf(logs: Record<string, Log>): Outside {
  const outside = new Outside();
  for (const [name, log] of Object.entries(logs)) outside.logs.set(name, log);
  return outside;
}

const texts = (outside: Outside) =>
  Object.fromEntries([...outside.objects].sort().map(([key, bytes]) => [key, decode(bytes)]));

Deno.test("land() writes windows of flush.size lines, and the open one without a commit", async () => {
  const outside = outsideOf({ "t/0": logOf(['{"n":0}', '{ "n": 1.0 }', "2", '"3"', "[4]"]) });
  const { landed } = run(outside, readSinkConfig({ "flush.size": "3" }), { chunk: 2 });
  assert.deepEqual(await landed, { objectCount: 2, recordCount: 5, rejectCount: 0 });
  assert.deepEqual(texts(outside), {
    "topics/t/partition=0/t+0+0000000000.json": '{"n":0}\n{"n":1.0}\n2\n',
    "topics/t/partition=0/t+0+0000000003.json": '"3"\n[4]\n',
  });
  assert.deepEqual([...outside.committed], [["t/0", 3n]]);
});

Deno.test("land() with flush.size=1 writes one object per record, its offset in the key", async () => {
  const outside = outsideOf({ "t/0": logOf(["{}", "{}", "{}"]), "t/1": logOf(["[]"]) });
  await run(outside, readSinkConfig({ "flush.size": "1" }), { chunk: 9 }).landed;
  assert.deepEqual(texts(outside), {
    "topics/t/partition=0/t+0+0000000000.json": "{}\n",
    "topics/t/partition=0/t+0+0000000001.json": "{}\n",
    "topics/t/partition=0/t+0+0000000002.json": "{}\n",
    "topics/t/partition=1/t+1+0000000000.json": "[]\n",
  });
  assert.deepEqual([...outside.committed], [["t/0", 3n], ["t/1", 1n]]);
});

Deno.test("land() sets aside what is no JSON line, and closes the object at the hole", async () => {
  const log = logOf(['{"n":0}', "{broken", '{"n":2}', null, '{"n":4}']);
  log.push({ offset: 5n, value: Uint8Array.of(0xff, 0xfe) });
  const outside = outsideOf({ "t/0": log });
  const { landed } = run(outside, readSinkConfig({ "flush.size": "100" }), { chunk: 9 });
  assert.deepEqual(await landed, { objectCount: 6, recordCount: 3, rejectCount: 3 });
  const reject = (offset: number, reason: string, bytes: string | null) =>
    JSON.stringify({ topic: "t", partition: 0, offset, reason, bytes }) + "\n";
  assert.deepEqual(texts(outside), {
    "rejects/t/partition=0/t+0+0000000001.json": reject(1, "not JSON", "e2Jyb2tlbg=="),
    "rejects/t/partition=0/t+0+0000000003.json": reject(3, "no value", null),
    "rejects/t/partition=0/t+0+0000000005.json": reject(5, "not UTF-8", "//4="),
    "topics/t/partition=0/t+0+0000000000.json": '{"n":0}\n',
    "topics/t/partition=0/t+0+0000000002.json": '{"n":2}\n',
    "topics/t/partition=0/t+0+0000000004.json": '{"n":4}\n',
  });
});

Deno.test("land() closes an object where offsets are missing, so that offset = start + line", async () => {
  const outside = outsideOf({ "t/0": logOf(["0", "1", gap, gap, "4", "5"]) });
  await run(outside, readSinkConfig({ "flush.size": "100" }), { chunk: 9 }).landed;
  assert.deepEqual(texts(outside), {
    "topics/t/partition=0/t+0+0000000000.json": "0\n1\n",
    "topics/t/partition=0/t+0+0000000004.json": "4\n5\n",
  });
});

Deno.test("land() closes an object before it grows over s3.part.size", async () => {
  const big = JSON.stringify("x".repeat(2_000_000));
  const huge = JSON.stringify("y".repeat(6_000_000));
  const config = readSinkConfig({ "flush.size": "100", "s3.part.size": "5242880" });
  const outside = outsideOf({ "t/0": logOf([big, big, big, huge, big]) });
  await run(outside, config, { chunk: 9 }).landed;
  assert.deepEqual(
    [...outside.objects].map(([key, { length }]) => [key.slice(-7, -5), length]).sort(),
    [["00", 4_000_006], ["02", 2_000_003], ["03", 6_000_003], ["04", 2_000_003]],
  );
});

/** The objects of a run without any trouble, from one record and its successors alone. */
const logs = fc.record({ "t/0": valuesOf(24), "t/1": valuesOf(8), "u/0": valuesOf(8) });
function valuesOf(maxLength: number) {
  const value = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 9_999 }).map((n) => `{"n":${n}}`) },
    { weight: 1, arbitrary: fc.constantFrom<string | null | typeof gap>(null, "{", gap) },
  );
  return fc.array(value, { maxLength }).map(logOf);
}

Deno.test("land() leaves no gap and no duplicate, whichever step it dies at", () =>
  fc.assert(
    fc.asyncProperty(
      logs,
      fc.constantFrom("1", "3", "5"),
      fc.integer({ min: 1, max: 7 }),
      fc.array(fc.record({ step: fc.integer({ min: 1, max: 14 }), before: fc.boolean() }), {
        maxLength: 4,
      }),
      fc.integer({ min: 1, max: 6 }),
      async (given, flushSize, chunk, deaths, rebalanceAfter) => {
        const config = readSinkConfig({ "flush.size": flushSize });
        const calm = outsideOf(given);
        await run(calm, config, { chunk: 5 }).landed;

        const outside = outsideOf(given);
        for (const diesAt of deaths) {
          const { landed } = run(outside, config, { chunk, diesAt, rebalanceAfter });
          await landed.catch((error) => assert.ok(error instanceof Death));
        }
        await run(outside, config, { chunk, rebalanceAfter }).landed;
        assert.deepEqual(texts(outside), texts(calm));
        assert.deepEqual(outside.committed, calm.committed);
        checkAgainstLogs(outside, given);
      },
    ),
    { seed: 6, numRuns: 150 },
  ));

/** Every record once: as line n of the object that starts n before it, or as a reject. */
function checkAgainstLogs(outside: Outside, given: Record<string, Log>): void {
  const found = new Map<string, string>();
  for (const [key, bytes] of outside.objects) {
    const [, folder, topic, partition, start] =
      /^(topics|rejects)\/(.)\/partition=(\d)\/.\+\d\+(\d{10})\.json$/.exec(key) ?? [];
    const lines = decode(bytes).split("\n");
    assert.equal(lines.pop(), "");
    for (const [at, line] of lines.entries()) {
      const name = `${topic}/${partition} ${Number(start) + at}`;
      assert.ok(!found.has(name), `${name} landed twice`);
      found.set(name, folder === "rejects" ? JSON.parse(line).bytes ?? "none" : line);
    }
  }
  const expected = Object.entries(given).flatMap(([name, log]) =>
    log.map(({ offset, value }): [string, string] => {
      const text = value === null ? "none" : decode(value);
      return [`${name} ${offset}`, text === "{" ? btoa(text) : text];
    })
  );
  assert.deepEqual(found, new Map(expected));
}

Deno.test("land() run again after more was posted overwrites its open window with a longer one", async () => {
  const config = readSinkConfig({ "flush.size": "4" });
  const values = Array.from({ length: 11 }, (_, n) => `{"n":${n}}`);
  const outside = outsideOf({ "t/0": logOf(values.slice(0, 6)) });
  await run(outside, config, { chunk: 3 }).landed;
  outside.logs.set("t/0", logOf(values));
  await run(outside, config, { chunk: 3 }).landed;
  const whole = outsideOf({ "t/0": logOf(values) });
  await run(whole, config, { chunk: 100 }).landed;
  assert.deepEqual(texts(outside), texts(whole));
});

Deno.test("land() with nothing to land is complete at once", async () => {
  const outside = outsideOf({ "t/0": [] });
  const { landed } = run(outside, readSinkConfig({ "flush.size": "4" }), { chunk: 3 });
  assert.deepEqual(await landed, { objectCount: 0, recordCount: 0, rejectCount: 0 });
});

Deno.test("land() waits for ingest to finish, and for what it raised last", async () => {
  const outside = outsideOf({ "t/0": logOf(["0"]) });
  const process = new Process(outside, { chunk: 9 });
  const goal = new LandingGoal();
  goal.raise("t", 0, 0n);
  const config = readSinkConfig({ "flush.size": "2" });
  const landed = land({ consumer: process, objects: process, goal }, config);
  await new Promise((resolve) => setTimeout(resolve, 10));
  outside.logs.set("t/0", logOf(["0", "1", "2"]));
  goal.raise("t", 0, 2n);
  goal.finish();
  assert.equal((await landed).recordCount, 3);
});

Deno.test("land() stores several objects at a time, and not too many", async () => {
  const outside = outsideOf({ "t/0": logOf(Array.from({ length: 200 }, () => "{}")) });
  const { process, landed } = run(outside, readSinkConfig({ "flush.size": "1" }), { chunk: 200 });
  await landed;
  assert.equal(process.putsAtOnce, 16);
  assert.equal(outside.objects.size, 200);
});

for (
  const [found, end] of [["the topic ends at 1", 1n], ["nothing comes from 1 on", 9n]] as const
) {
  Deno.test(`land() says so when acknowledged messages are gone, and ${found}`, async () => {
    const outside = outsideOf({ "t/0": logOf(["0"]) });
    const process = new Process(outside, { chunk: 9 });
    const goal = new LandingGoal();
    goal.raise("t", 0, 8n);
    goal.finish();
    const endOffsets = () => Promise.resolve(new Map([[0, end]]));
    await assert.rejects(
      land(
        { consumer: process, objects: process, goal, endOffsets },
        readSinkConfig({ "flush.size": "2" }),
      ),
      (error) => {
        assert.ok(error instanceof RunError);
        assert.match(error.message, /t, partition 0: offset 8 was acknowledged/);
        assert.ok(error.message.includes(found), error.message);
        return true;
      },
    );
  });
}

Deno.test("land() waits for a partition that a member which died still has", async () => {
  const outside = outsideOf({ "t/0": logOf(["0"]) });
  const process = new Process(outside, { chunk: 9 });
  const goal = new LandingGoal();
  goal.raise("t", 0, 0n);
  goal.finish();
  // Sessions are over after 10 s; nothing to come is told every 50 ms.
  const sessionIdles = 10_000 / 50;
  const consumer: Consumer = {
    async *events() {
      yield { kind: "assigned", positions: [] };
      for (let count = 0; count < sessionIdles; count++) yield { kind: "idle" };
      yield* process.events();
    },
    commit: (positions) => process.commit(positions),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const endOffsets = () => Promise.resolve(new Map([[0, 1n]]));
  const config = readSinkConfig({ "flush.size": "2" });
  const landed = await land({ consumer, objects: process, goal, endOffsets }, config);
  assert.equal(landed.recordCount, 1);
});

Deno.test("land() ends with the signal's reason", async () => {
  const outside = outsideOf({ "t/0": logOf(["0"]) });
  const process = new Process(outside, { chunk: 9 });
  const signal = AbortSignal.abort(new Error("Ctrl-C"));
  const config = readSinkConfig({ "flush.size": "2" });
  const landed = land({ consumer: process, objects: process, goal: new LandingGoal() }, config, {
    signal,
  });
  await assert.rejects(landed, { message: "Ctrl-C" });
  assert.equal(outside.objects.size, 0);
});
