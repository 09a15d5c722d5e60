import assert from "node:assert/strict";
import { Deadlines } from "../../../sim/kafka/deadlines.ts";

function setUp() {
  const clock = { nowMs: 0 };
  const deadlines = new Deadlines(() => clock.nowMs);
  const done: string[] = [];
  return {
    done,
    deadlines,
    plan: (owner: object, ms: number, name: string) =>
      deadlines.set(owner, ms, () => done.push(name)),
    pass: (ms: number) => {
      clock.nowMs += ms;
      deadlines.runDue();
    },
  };
}

Deno.test("What is due is done, once, and not before", () => {
  const { deadlines, done, plan, pass } = setUp();
  using _ = deadlines;
  plan({}, 10, "a");
  plan({}, 20, "b");
  pass(9);
  assert.deepEqual(done, []);
  pass(1);
  pass(100);
  assert.deepEqual(done, ["a", "b"]);
});

Deno.test("A new plan takes the place of the old one, and may be given up", () => {
  const { deadlines, done, plan, pass } = setUp();
  using _ = deadlines;
  const owner = {};
  plan(owner, 10, "old");
  plan(owner, 30, "new");
  pass(20);
  assert.deepEqual(done, []);
  deadlines.clear(owner);
  pass(100);
  assert.deepEqual(done, []);
});

Deno.test("An action may move or give up another that is due at the same moment", () => {
  const { deadlines, done, plan, pass } = setUp();
  using _ = deadlines;
  const [moved, dropped] = [{}, {}];
  deadlines.set({}, 10, () => {
    plan(moved, 50, "moved");
    deadlines.clear(dropped);
  });
  plan(moved, 10, "too early");
  plan(dropped, 10, "dropped");
  pass(10);
  assert.deepEqual(done, []);
  pass(50);
  assert.deepEqual(done, ["moved"]);
});

Deno.test("Nobody needs to look: what is due is done by itself", async () => {
  using deadlines = new Deadlines(() => performance.now());
  await new Promise<void>((resolve) => deadlines.set({}, 5, resolve));
});
