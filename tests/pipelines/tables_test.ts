import assert from "node:assert/strict";
import {
  deltaTableOf,
  shardIdOf,
  shardNumberOf,
  streamOf,
  tableOfTopic,
  topicOf,
} from "../../pipelines/tables.ts";

const id = "abc123def456";

Deno.test("Topics, streams and Delta tables have the course's names", () => {
  assert.equal(topicOf(id, "pin"), "abc123def456.pin");
  assert.equal(streamOf(id, "geo"), "streaming-abc123def456-geo");
  assert.equal(deltaTableOf(id, "user"), "abc123def456_user_table");
  assert.equal(deltaTableOf(id, "rejects"), "abc123def456_rejects_table");
});

Deno.test("A topic of nobody here has no table", () => {
  assert.equal(tableOfTopic(id, "abc123def456.geo"), "geo");
  assert.equal(tableOfTopic(id, "abc123def456.rejects"), undefined);
  assert.equal(tableOfTopic(id, "other.geo"), undefined);
});

Deno.test("A shard id is its number in twelve digits, and nothing else is one", () => {
  assert.equal(shardIdOf(41), "shardId-000000000041");
  assert.equal(shardNumberOf("shardId-000000000041"), 41);
  for (
    const text of [
      "",
      "shardId-41",
      "shardId-00000000004x",
      "000000000041",
      "shardId-0000000000041",
    ]
  ) {
    assert.equal(shardNumberOf(text), undefined);
  }
});
