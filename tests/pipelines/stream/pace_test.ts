import assert from "node:assert/strict";
import fc from "fast-check";
import { Pace } from "../../../pipelines/stream/pace.ts";

/** A clock that only sleeping moves; a nap may take longer than asked, as naps do. */
function fakeClock(oversleepMs: () => number = () => 0) {
  const clock = {
    /** True time, and what the clock shows. */
    trueMs: 0,
    shownMs: 1_000,
    napCount: 0,
    nowMs: () => clock.shownMs,
    pass(ms: number) {
      clock.trueMs += ms;
      clock.shownMs += ms;
    },
    sleep(ms: number, signal?: AbortSignal): Promise<void> {
      signal?.throwIfAborted();
      clock.napCount++;
      clock.pass(ms + oversleepMs());
      return Promise.resolve();
    },
  };
  return clock;
}

/** Takes posts of three until so much true time has passed; the times at which they went. */
async function run(pace: Pace, clock: ReturnType<typeof fakeClock>, untilMs: number) {
  const wentMs: number[] = [];
  for (;;) {
    await pace.take(3);
    if (clock.trueMs >= untilMs) return wentMs;
    wentMs.push(clock.trueMs);
  }
}

for (const rate of [1, 30, 500, 5_000, 20_000]) {
  Deno.test(`${rate} records per second are exact over two minutes, however naps overrun`, async () => {
    let turn = 0;
    const clock = fakeClock(() => turn++ % 7 * 3);
    const wentMs = await run(new Pace(rate, clock), clock, 120_000);
    const burst = Math.max(6, rate / 10);
    const expected = rate * 120;
    assert.ok(wentMs.length * 3 <= expected + burst, `${wentMs.length * 3} of ${expected}`);
    assert.ok(wentMs.length * 3 >= expected - burst - 3, `${wentMs.length * 3} of ${expected}`);
  });
}

Deno.test("No stretch of time sees more than its share and one burst, whatever stalls between", () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 20_000 }),
      fc.array(fc.record({ count: fc.integer({ min: 1, max: 900 }), stallMs: fc.nat(3_000) }), {
        maxLength: 60,
      }),
      async (rate, takes) => {
        const clock = fakeClock();
        const pace = new Pace(rate, clock);
        const burst = Math.max(6, rate / 10);
        const went: { atMs: number; count: number }[] = [];
        for (const { count, stallMs } of takes) {
          if (stallMs < 300) clock.pass(stallMs * 10);
          await pace.take(count);
          went.push({ atMs: clock.trueMs, count });
        }
        for (let from = 0; from < went.length; from++) {
          let sum = 0;
          for (let to = from; to < went.length; to++) {
            // The last of a stretch may leave a debt of what is more than a burst.
            const allowed = rate * (went[to]!.atMs - went[from]!.atMs) / 1000 + burst;
            sum += went[to]!.count;
            const debt = Math.max(0, went[to]!.count - burst);
            assert.ok(sum - debt <= allowed + 1e-6 * sum + 1e-6);
          }
        }
      },
    ),
    { seed: 3, numRuns: 150 },
  ));

Deno.test("What is there goes at once, without a promise", () => {
  const pace = new Pace(500, fakeClock());
  assert.equal(pace.take(50), undefined);
  assert.ok(pace.take(1) instanceof Promise);
});

Deno.test("After a stall of an hour one burst goes at once, and no more", () => {
  const clock = fakeClock();
  const pace = new Pace(500, clock);
  clock.pass(3_600_000);
  assert.equal(pace.take(50), undefined);
  assert.ok(pace.take(1) instanceof Promise);
});

Deno.test("A clock that jumps back and forth makes no burst and no standstill", async () => {
  const clock = fakeClock();
  const pace = new Pace(500, clock);
  const untilMs = 60_000;
  let turn = 0;
  let count = 0;
  for (; clock.trueMs < untilMs; count += 3) {
    const beforeMs = clock.trueMs;
    await pace.take(3);
    assert.ok(clock.trueMs - beforeMs < 20);
    if (++turn % 1_000 === 0) clock.shownMs += turn % 2_000 === 0 ? -7_200_000 : 86_400_000;
  }
  // Each jump ahead is worth at most a burst of 50, each back costs at most a nap.
  assert.ok(count <= 500 * 60 + 50 * (turn / 2_000 + 2));
  assert.ok(count >= 500 * 60 - 50 - 10 * turn / 2_000);
});

Deno.test("A high rate does not nap for every record", async () => {
  const clock = fakeClock();
  await run(new Pace(20_000, clock), clock, 10_000);
  assert.ok(clock.napCount <= 2_001, `${clock.napCount}`);
});

Deno.test("More than a burst waits for a full bucket and is paid for afterwards", async () => {
  const clock = fakeClock();
  const pace = new Pace(100, clock);
  await pace.take(30);
  assert.equal(clock.trueMs, 0);
  await pace.take(10);
  assert.ok(clock.trueMs >= 300 && clock.trueMs < 330);
});

Deno.test("Waiting ends with the signal", async () => {
  const controller = new AbortController();
  const clock = fakeClock();
  const pace = new Pace(1, clock);
  await pace.take(6);
  controller.abort(new Error("Ctrl-C"));
  await assert.rejects(async () => await pace.take(3, controller.signal), { message: "Ctrl-C" });
});

Deno.test("A pace of nothing, or of no number, is a mistake", () => {
  for (const rate of [0, -1, NaN, Infinity]) {
    assert.throws(() => new Pace(rate, fakeClock()), RangeError);
  }
});
