import assert from "node:assert/strict";
import { incrementalAlterConfigs } from "../../../../sim/kafka/apis/incremental_alter_configs.ts";
import { goldenOf, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(incrementalAlterConfigs);

checkRequest("IncrementalAlterConfigs request", () => ({
  resources: [{
    type: 2,
    name: "topic",
    changes: [{ name: "retention.ms", operation: 2, value: "1000" }],
  }],
  validateOnly: true,
}));
checkResponse("IncrementalAlterConfigs response", () => ({
  resources: [{ type: 2, name: "topic", error: 40, message: "wrong" }],
}));

Deno.test(
  "IncrementalAlterConfigs sets, deletes, appends and subtracts single settings",
  withBroker({}, async (broker, call) => {
    const topic = broker.topics.create("topic", 1, broker.topicConfig([["retention.ms", "5"]]));
    const alter = async (name: string, operation: number, value: string | null) => {
      const resources = [{ type: 2, name: "topic", changes: [{ name, operation, value }] }];
      const request = { resources, validateOnly: false };
      return (await incrementalAlterConfigs.handle(request, call(1)))?.resources[0]?.error;
    };
    assert.equal(await alter("segment.ms", 0, "7"), 0);
    assert.equal(await alter("cleanup.policy", 2, "compact"), 0);
    assert.equal(topic.config.get("cleanup.policy"), "delete,compact");
    assert.equal(await alter("cleanup.policy", 3, "delete"), 0);
    assert.equal(await alter("retention.ms", 1, null), 0);
    assert.deepEqual(topic.config.entries(), [["segment.ms", "7"], ["cleanup.policy", "compact"]]);
    assert.equal(await alter("segment.ms", 2, "8"), 40);
    assert.equal(await alter("segment.ms", 0, null), 40);
  }),
);
