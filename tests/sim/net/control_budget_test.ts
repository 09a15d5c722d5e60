import assert from "node:assert/strict";
import { ControlBudget } from "../../../sim/net/control_budget.ts";

const [data, headers, priority, reset, settings, ping, goaway, windowUpdate, continuation] = [
  ...[0, 1, 2, 3, 4, 6, 7, 8, 9],
];
const none = new Uint8Array(0);

/** How many of the frames, over and over, are taken, at most a million. */
function taken(...frames: [type: number | undefined, flags?: number, payload?: Uint8Array][]) {
  const budget = new ControlBudget();
  for (let count = 0; count < 1_000_000; count++) {
    const [type = 0, flags = 0, payload = none] = frames[count % frames.length] ?? [];
    if (!budget.takes(type, flags, payload)) return count;
  }
  return 1_000_000;
}

Deno.test("Frames without data are taken a few thousand times, then no more", () => {
  const padded = Uint8Array.of(3, 0, 0, 0);
  for (const type of [priority, settings, ping, goaway, windowUpdate, 0x20]) {
    assert.ok(taken([type]) < 4000, String(type));
  }
  assert.ok(taken([data]) < 4000, "empty DATA");
  assert.ok(taken([data, 0x8, padded]) < 4000, "DATA of padding alone");
  assert.ok(taken([reset]) < 1000);
  assert.ok(taken([continuation, 0, new Uint8Array(16_384)]) < 200);
  assert.ok(taken([headers, 0x5], [reset]) < 2000, "requests that are taken back at once");
});

Deno.test("A client at work is never out of budget", () => {
  const body = new Uint8Array(1000);
  const request: [number | undefined, number, Uint8Array][] = [
    [headers, 0x4, body],
    [data, 0, body],
    [data, 0x8, Uint8Array.of(1, 7, 0)],
    [data, 0x1, none],
    [windowUpdate, 0, new Uint8Array(4)],
    [windowUpdate, 0, new Uint8Array(4)],
    [ping, 0, new Uint8Array(8)],
  ];
  assert.equal(taken(...request), 1_000_000);
});

Deno.test("A long answer is taken with as many WINDOW_UPDATEs as it has frames, twice", () => {
  const budget = new ControlBudget();
  for (let count = 0; count < 100_000; count++) {
    budget.answered(16_384);
    assert.ok(budget.takes(windowUpdate ?? 0, 0, none));
    assert.ok(budget.takes(windowUpdate ?? 0, 0, none));
  }
});
