import assert from "node:assert/strict";
import { describeConfigs } from "../../../../sim/kafka/apis/describe_configs.ts";
import { goldenOf, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(describeConfigs);

checkRequest("DescribeConfigs request", (version) => ({
  resources: [
    { type: 2, name: "topic", keys: ["retention.ms"] },
    { type: 4, name: "1", keys: null },
  ],
  includeSynonyms: version >= 1,
}));
checkResponse("DescribeConfigs response", () => ({
  results: [{
    error: 0,
    message: null,
    type: 2,
    name: "topic",
    configs: [
      { name: "retention.ms", value: "1000", source: 1, type: 5, isReadOnly: false },
      { name: "num.partitions", value: "1", source: 5, type: 3, isReadOnly: true },
    ],
  }],
  includeSynonyms: true,
}));

Deno.test(
  "DescribeConfigs tells what was set and what is default, of topics and the broker",
  withBroker({ defaultPartitions: 4 }, async (broker, call) => {
    broker.topics.create("topic", 1, broker.topicConfig([["retention.ms", "5"]]));
    const ask = async (type: number, name: string, keys: string[] | null) => {
      const request = { resources: [{ type, name, keys }], includeSynonyms: false };
      return (await describeConfigs.handle(request, call(4)))?.results[0];
    };
    const some = await ask(2, "topic", ["retention.ms", "cleanup.policy"]);
    assert.deepEqual(some?.configs.map(({ name, value, source }) => [name, value, source]), [
      ["cleanup.policy", "delete", 5],
      ["retention.ms", "5", 1],
    ]);
    assert.ok(((await ask(2, "topic", null))?.configs.length ?? 0) > 10);
    assert.equal((await ask(4, "1", ["num.partitions"]))?.configs[0]?.value, "4");
    assert.equal((await ask(2, "missing", null))?.error, 3);
    assert.equal((await ask(4, "2", null))?.error, 42);
  }),
);
