import assert from "node:assert/strict";
import { configProblem, TopicConfig, topicConfigs } from "../../../sim/kafka/configs.ts";

Deno.test("Every default is a value that its setting takes", () => {
  for (const [name, definition] of Object.entries(topicConfigs)) {
    assert.equal(configProblem(name, definition.default), null, name);
  }
});

Deno.test("Values of the wrong kind, out of range or of no known setting are refused", () => {
  const wrong: [string, string | null][] = [
    ["retention.ms", "soon"],
    ["retention.ms", "-2"],
    ["retention.ms", "1.5"],
    ["retention.ms", null],
    ["segment.bytes", "1"],
    ["preallocate", "yes"],
    ["cleanup.policy", "delete,keep"],
    ["compression.type", "rar"],
    ["message.timestamp.type", "createtime"],
    ["constructor", "1"],
    ["nonsense", "1"],
  ];
  for (const [name, value] of wrong) {
    assert.notEqual(configProblem(name, value), null, `${name}=${value}`);
  }
  assert.equal(configProblem("cleanup.policy", "compact,delete"), null);
  assert.equal(configProblem("min.cleanable.dirty.ratio", "0.25"), null);
});

Deno.test("A topic's settings are what was set, over the defaults", () => {
  const config = new TopicConfig([["retention.ms", "5"]]);
  assert.equal(config.number("retention.ms"), 5);
  assert.equal(config.number("max.message.bytes"), 1_048_588);
  assert.deepEqual([config.isSet("retention.ms"), config.isSet("segment.ms")], [true, false]);
  assert.equal(new TopicConfig([["cleanup.policy", "delete, compact"]]).isCompacted, true);
  assert.equal(config.isCompacted, false);
});
