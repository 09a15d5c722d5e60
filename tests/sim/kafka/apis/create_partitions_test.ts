import assert from "node:assert/strict";
import { createPartitions } from "../../../../sim/kafka/apis/create_partitions.ts";
import { goldenOf, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(createPartitions);

checkRequest("CreatePartitions request", () => ({
  topics: [
    { name: "topic", count: 6, assignments: [[1]] },
    { name: "other", count: 3, assignments: null },
  ],
  validateOnly: true,
}));
checkResponse("CreatePartitions response", () => ({
  results: [{ name: "topic", error: 37, message: "fewer" }],
}));

Deno.test(
  "CreatePartitions adds partitions, and has a result for each topic",
  withBroker({}, async (broker, call) => {
    broker.topics.create("topic", 2, broker.topicConfig());
    const extend = async (name: string, count: number, assignments: number[][] | null = null) => {
      const request = { topics: [{ name, count, assignments }], validateOnly: false };
      return (await createPartitions.handle(request, call(3)))?.results.map(({ error }) => error);
    };
    assert.deepEqual(await extend("topic", 2), [37]);
    assert.deepEqual(await extend("topic", 3, [[1], [1]]), [39]);
    assert.deepEqual(await extend("missing", 3), [3]);
    assert.deepEqual(await extend("topic", 5), [0]);
    assert.equal(broker.topics.get("topic")?.partitions.length, 5);
  }),
);
