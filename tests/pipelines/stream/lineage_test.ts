import assert from "node:assert/strict";
import type { Shard } from "../../../pipelines/clients/kinesis.ts";
import { gaps, readable } from "../../../pipelines/stream/lineage.ts";
import { shardEnd } from "../../../pipelines/stream/positions.ts";

function shard(shardId: string, parents: string[] = [], isOpen = true): Shard {
  return {
    shardId,
    parents,
    startingSequenceNumber: "1",
    endingSequenceNumber: isOpen ? null : "9",
  };
}

const none = new Set<string>();
const ids = (shards: Shard[]) => shards.map(({ shardId }) => shardId);

Deno.test("First shards may be read at once, and each only once", () => {
  const shards = [shard("a"), shard("b")];
  assert.deepEqual(ids(readable(shards, { begun: none, drained: none })), ["a", "b"]);
  assert.deepEqual(ids(readable(shards, { begun: new Set(["a"]), drained: none })), ["b"]);
  assert.deepEqual(ids(readable(shards, { begun: none, drained: new Set(["b"]) })), ["a"]);
});

Deno.test("A child waits for both of its parents", () => {
  const shards = [shard("a", [], false), shard("b", [], false), shard("child", ["a", "b"])];
  const begun = new Set(["a", "b"]);
  assert.deepEqual(ids(readable(shards, { begun, drained: none })), []);
  assert.deepEqual(ids(readable(shards, { begun, drained: new Set(["a"]) })), []);
  assert.deepEqual(ids(readable(shards, { begun, drained: new Set(["b"]) })), []);
  assert.deepEqual(ids(readable(shards, { begun, drained: new Set(["a", "b"]) })), ["child"]);
});

Deno.test("A parent that is not listed holds nobody back, unless it is still being read", () => {
  const shards = [shard("child", ["gone"])];
  assert.deepEqual(ids(readable(shards, { begun: none, drained: none })), ["child"]);
  assert.deepEqual(ids(readable(shards, { begun: new Set(["gone"]), drained: none })), []);
});

Deno.test("Nothing is missing when every position is listed, drained or has children", () => {
  assert.deepEqual(gaps("s", [shard("a"), shard("b")], {}), []);
  assert.deepEqual(gaps("s", [shard("a"), shard("b")], { a: "5" }), []);
  assert.deepEqual(gaps("s", [shard("a", [], false), shard("b", ["a"])], { a: shardEnd }), []);
  assert.deepEqual(gaps("s", [shard("b", ["a"])], { a: shardEnd, b: "12" }), []);
  assert.deepEqual(gaps("s", [shard("b", ["a"])], { a: shardEnd }), []);
});

Deno.test("A shard that was being read and is not listed is a gap", () => {
  assert.deepEqual(gaps("s", [shard("b", ["a"])], { a: "5" }), [
    { stream: "s", shardId: "a", position: "5", found: "the stream no longer lists that shard" },
  ]);
});

Deno.test("A drained shard that is open is another stream's", () => {
  const [gap, ...others] = gaps("s", [shard("a")], { a: shardEnd });
  assert.deepEqual(others, []);
  assert.equal(gap?.shardId, "a");
  assert.match(gap?.found ?? "", /made anew/);
});

Deno.test("Shards of which none descends from what was read are a gap", () => {
  const [gap, ...others] = gaps("s", [shard("d", ["c"])], { a: shardEnd, b: shardEnd });
  assert.deepEqual(others, []);
  assert.equal(gap?.shardId, "b");
  assert.match(gap?.found ?? "", /children/);
});
