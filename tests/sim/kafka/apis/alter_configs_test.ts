import assert from "node:assert/strict";
import { alterConfigs } from "../../../../sim/kafka/apis/alter_configs.ts";
import { goldenOf, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(alterConfigs);

checkRequest("AlterConfigs request", () => ({
  resources: [{ type: 2, name: "topic", configs: [{ name: "retention.ms", value: "1000" }] }],
  validateOnly: true,
}));
checkResponse("AlterConfigs response", () => ({
  resources: [{ type: 2, name: "topic", error: 40, message: "wrong" }],
}));

Deno.test(
  "AlterConfigs puts all settings in place of the old ones, or none if one is wrong",
  withBroker({}, async (broker, call) => {
    const topic = broker.topics.create("topic", 1, broker.topicConfig([["retention.ms", "5"]]));
    const alter = async (configs: Record<string, string>, validateOnly = false, type = 2) => {
      const entries = Object.entries(configs).map(([name, value]) => ({ name, value }));
      const resources = [{ type, name: "topic", configs: entries }];
      return (await alterConfigs.handle({ resources, validateOnly }, call(2)))?.resources[0]?.error;
    };
    assert.equal(await alter({ "segment.ms": "7", "retention.ms": "never" }), 40);
    assert.equal(await alter({ "segment.ms": "7" }, true), 0);
    assert.equal(await alter({ "segment.ms": "7" }, false, 4), 42);
    assert.deepEqual(topic.config.entries(), [["retention.ms", "5"]]);
    assert.equal(await alter({ "segment.ms": "7" }), 0);
    assert.deepEqual(topic.config.entries(), [["segment.ms", "7"]]);
  }),
);
