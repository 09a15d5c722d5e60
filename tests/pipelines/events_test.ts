import assert from "node:assert/strict";
import { everything, type Listener, tellHops, together } from "../../pipelines/events.ts";

const note = { what: "It rains", againInMs: null };

Deno.test("a kind that nobody wants stays untold, and what it would say is not even made", () => {
  const tell = together({ trouble() {} }, {});
  assert.deepEqual(Object.keys(tell), ["trouble"]);
  const made = () => assert.fail("Nobody wants to know");
  tell.counts?.({ hop: "posted", table: "pin", count: made() });
});

Deno.test("all who want a kind are told, in their order, each of what it wants", () => {
  const heard: string[] = [];
  const listeners: Listener[] = [
    { trouble: ({ what }) => void heard.push(`first ${what}`) },
    { stage: ({ stage }) => void heard.push(stage) },
    { trouble: ({ what }) => void heard.push(`third ${what}`) },
  ];
  const tell = together(...listeners);
  tell.trouble?.(note);
  tell.stage?.({ stage: "land", unit: "records", done: 0, total: null });
  assert.deepEqual(heard, ["first It rains", "third It rains", "land"]);
});

Deno.test("who wants everything is told the kind with each", () => {
  const heard: [string, object][] = [];
  const tell = everything((kind, event) => heard.push([kind, event]));
  tell.trouble?.(note);
  tell.counts?.({ hop: "read", table: "geo", count: 3 });
  assert.deepEqual(heard, [
    ["trouble", note],
    ["counts", { hop: "read", table: "geo", count: 3 }],
  ]);
  assert.deepEqual(Object.keys(tell).sort(), ["commit", "counts", "sample", "stage", "trouble"]);
});

Deno.test("the hops of a proof are told one by one", () => {
  const heard: string[] = [];
  const tell: Listener = {
    counts: ({ hop, table, count }) => void heard.push(`${hop} ${table} ${count}`),
  };
  tellHops(tell, { source: { pin: 3, geo: 2, user: 1 }, landed: { pin: 3, geo: 2, user: 0 } });
  assert.deepEqual(heard, [
    "source pin 3",
    "source geo 2",
    "source user 1",
    "landed pin 3",
    "landed geo 2",
    "landed user 0",
  ]);
});
