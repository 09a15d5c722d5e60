import assert from "node:assert/strict";
import fc from "fast-check";
import { mebibyte, ShardRates, Tank, Window } from "../../../sim/kinesis/rates.ts";

Deno.test("a window never gives more than its limit in any span of time", () => {
  const step = fc.record({
    passMs: fc.integer({ min: 0, max: 700 }),
    amount: fc.integer({ min: 1, max: 6 }),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const window = new Window(10, 1000);
    const taken: { atMs: number; amount: number }[] = [];
    let nowMs = 0;
    for (const { passMs, amount } of steps) {
      nowMs += passMs;
      const lately = taken.filter(({ atMs }) => atMs > nowMs - 1000)
        .reduce((sum, one) => sum + one.amount, 0);
      const isGiven = window.tryTake(nowMs, amount);
      assert.equal(isGiven, lately + amount <= 10);
      if (isGiven) taken.push({ atMs: nowMs, amount });
    }
  }));
});

Deno.test("a clock that is set back does not close a window for longer than its span", () => {
  const window = new Window(1, 1000);
  assert.ok(window.tryTake(5_000_000, 1));
  assert.ok(window.tryTake(1_000, 1));
  assert.ok(!window.tryTake(1_500, 1));
  assert.ok(window.tryTake(2_000, 1));
});

Deno.test("a shard takes 1,000 records a second and not one more", () => {
  const rates = new ShardRates();
  for (let count = 0; count < 1000; count++) assert.ok(rates.tryWrite(1000, 10));
  assert.ok(!rates.tryWrite(1000, 10));
  assert.ok(!rates.tryWrite(1999, 10));
  assert.ok(rates.tryWrite(2000, 10));
});

Deno.test("a shard takes 1 MiB a second and not one byte more", () => {
  const rates = new ShardRates();
  assert.ok(rates.tryWrite(1000, mebibyte - 1));
  assert.ok(!rates.tryWrite(1000, 2));
  assert.ok(rates.tryWrite(1000, 1));
  assert.ok(!rates.tryWrite(1999, 1));
});

Deno.test("a large record draws on a reserve that fills up again", () => {
  const rates = new ShardRates();
  assert.ok(rates.tryWrite(0, 10 * mebibyte));
  assert.ok(!rates.tryWrite(1000, 2 * mebibyte));
  assert.ok(rates.tryWrite(2000, 2 * mebibyte));
  assert.ok(rates.tryWrite(2000, mebibyte));
});

Deno.test("a tank is never fuller than full", () => {
  const tank = new Tank(10, 1);
  assert.ok(tank.tryTake(1_000_000, 10));
  assert.ok(!tank.tryTake(1_000_009, 10));
  assert.ok(tank.tryTake(1_000_010, 10));
});

Deno.test("a shard is read five times a second", () => {
  const rates = new ShardRates();
  for (let count = 0; count < 5; count++) assert.ok(rates.tryRead(0));
  assert.ok(!rates.tryRead(999));
  assert.ok(rates.tryRead(1000));
});

Deno.test("after an answer of 10 MiB a shard rests for five seconds", () => {
  const rates = new ShardRates();
  assert.ok(rates.tryRead(0));
  rates.didRead(0, 10 * mebibyte);
  assert.ok(!rates.tryRead(4999));
  assert.ok(rates.tryRead(5000));
});

Deno.test("a shard gives 2 MiB a second", () => {
  const rates = new ShardRates();
  for (const nowMs of [0, 100]) {
    assert.ok(rates.tryRead(nowMs));
    rates.didRead(nowMs, mebibyte);
  }
  assert.ok(!rates.tryRead(200));
  assert.ok(rates.tryRead(1000));
});
