import assert from "node:assert/strict";
import { defaultRetryLimits, pauseMs, retrying, sleep } from "../../../pipelines/clients/retry.ts";
import type { RunEvents } from "../../../pipelines/events.ts";
import { OutsideError } from "../../../pipelines/errors.ts";
import { testTiming } from "./testing.ts";

const trouble = (retryable: boolean) => new OutsideError("the line is dead", { retryable });

Deno.test("pauseMs doubles from the base to the cap, between half and the whole", () => {
  const limits = { limitMs: 0, baseMs: 100, capMs: 1_000 };
  const pauses = (random: number) =>
    [1, 2, 3, 4, 5, 6].map((count) => pauseMs(count, limits, () => random));
  assert.deepEqual(pauses(0), [50, 100, 200, 400, 500, 500]);
  assert.deepEqual(pauses(1), [100, 200, 400, 800, 1_000, 1_000]);
});

Deno.test("retrying tries retryable trouble again until it succeeds", async () => {
  const timing = testTiming();
  let attempts = 0;
  const result = await retrying("read", () => {
    if (++attempts < 4) return Promise.reject(trouble(true));
    return Promise.resolve("done");
  }, { timing, limits: defaultRetryLimits });
  assert.equal(result, "done");
  assert.deepEqual(timing.sleptMs, [75, 150, 300]);
});

Deno.test("what is tried again is told with its reason, said once, and the pause behind it", async () => {
  const told: RunEvents["trouble"][] = [];
  const reasons = ["the line is dead", "Cannot read: no answer in 2 s"];
  await retrying("read", () => {
    const reason = reasons.shift();
    if (reason === undefined) return Promise.resolve();
    return Promise.reject(new OutsideError(reason, { retryable: true }));
  }, {
    timing: testTiming(),
    limits: defaultRetryLimits,
    tell: { trouble: (event) => told.push(event) },
  });
  assert.deepEqual(told, [
    { what: "Cannot read: the line is dead", againInMs: 75 },
    { what: "Cannot read: no answer in 2 s", againInMs: 150 },
  ]);
});

Deno.test("retrying gives up at its limit and says what it tried and found", async () => {
  const timing = testTiming();
  const limits = { limitMs: 1_000, baseMs: 100, capMs: 300 };
  await assert.rejects(
    retrying("write s3://b/k", () => Promise.reject(trouble(true)), { timing, limits }),
    {
      name: "OutsideError",
      retryable: false,
      message: "Cannot write s3://b/k: tried 6 times in 0.9 s, last trouble: the line is dead",
    },
  );
});

Deno.test("retrying passes on at once what another attempt does not help", async () => {
  for (const error of [trouble(false), new TypeError("our bug")]) {
    let attempts = 0;
    const failing = () => {
      attempts++;
      return Promise.reject(error);
    };
    const timing = testTiming();
    await assert.rejects(retrying("x", failing, { timing, limits: defaultRetryLimits }), error);
    assert.equal(attempts, 1);
  }
});

Deno.test("retrying ends with the signal's reason during a pause", async () => {
  const controller = new AbortController();
  const reason = new Error("Ctrl-C");
  const timing = { nowMs: () => 0, random: () => 1, sleep };
  const limits = { limitMs: 60_000, baseMs: 30_000, capMs: 30_000 };
  const ended = retrying("x", () => {
    queueMicrotask(() => controller.abort(reason));
    return Promise.reject(trouble(true));
  }, { timing, limits, signal: controller.signal });
  await assert.rejects(ended, reason);
});
