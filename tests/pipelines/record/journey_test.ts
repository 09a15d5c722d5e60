import assert from "node:assert/strict";
import type { RunEvents } from "../../../pipelines/events.ts";
import { Journey } from "../../../pipelines/record/journey.ts";

type Sample = RunEvents["sample"];

function started() {
  const samples: Sample[] = [];
  const clock = { nowMs: 0 };
  const journey = Journey.of({ sample: (sample) => samples.push(sample) }, () => clock.nowMs);
  assert.ok(journey !== null);
  return { samples, clock, journey };
}

Deno.test("where nobody wants samples nothing is followed", () => {
  assert.equal(Journey.of({ trouble() {} }), null);
});

Deno.test("a record is told at each hop once, where it is and what it looks like", async () => {
  const { samples, journey } = started();
  journey.posted("pin", "7", '{"index":7}', { partition: 1, offset: 40n });
  journey.arrived("landed", "pin", { partition: 0, first: 0n, last: 99n }, { key: "other" });
  journey.arrived("landed", "geo", { partition: 1, first: 0n, last: 99n }, { key: "other" });
  journey.arrived("landed", "pin", { partition: 1, first: 0n, last: 39n }, { key: "before" });
  for (const key of ["its", "its again"]) {
    journey.arrived("landed", "pin", { partition: 1, first: 40n, last: 49n }, { key });
  }
  const rows = new Map([[7, '{"ind":7}']]);
  await journey.found("cleaned", (table) => Promise.resolve(table === "pin" ? rows : new Map()));
  assert.deepEqual(samples, [
    {
      hop: "posted",
      table: "pin",
      key: "7",
      place: { partition: 1, offset: "40" },
      value: '{"index":7}',
    },
    { hop: "landed", table: "pin", key: "7", place: { key: "its" } },
    { hop: "cleaned", table: "pin", key: "7", place: {}, value: '{"ind":7}' },
  ]);
});

Deno.test("of each table one record a second is taken up, and twenty are followed", () => {
  const { samples, clock, journey } = started();
  const post = (table: "pin" | "geo", offset: bigint) =>
    journey.posted(table, String(offset), "{}", { partition: 0, offset });
  post("pin", 0n);
  post("pin", 1n);
  post("geo", 2n);
  clock.nowMs = 1_000;
  post("pin", 3n);
  assert.deepEqual(samples.map(({ table, key }) => table + key), ["pin0", "geo2", "pin3"]);
  for (let offset = 4n; offset < 30n; offset++) {
    clock.nowMs += 1_000;
    post("pin", offset);
  }
  samples.length = 0;
  journey.arrived("read", "pin", { partition: 0, last: 99n }, { shardId: "s" });
  assert.deepEqual(
    samples.map(({ key }) => key),
    Array.from({ length: 20 }, (_, at) => `${at + 10}`),
  );
});

Deno.test("only keys that are whole numbers are looked for", async () => {
  const { clock, journey } = started();
  for (const [at, key] of ["12", "x", "1.5", "-3"].entries()) {
    clock.nowMs = at * 1_000;
    journey.posted("pin", key, "{}", { partition: 0, offset: BigInt(at) });
  }
  await journey.found("cleaned", (table, keys) => {
    assert.deepEqual(keys, table === "pin" ? [12, -3] : []);
    return Promise.resolve(new Map());
  });
});
