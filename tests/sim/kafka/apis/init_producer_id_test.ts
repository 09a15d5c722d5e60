import assert from "node:assert/strict";
import { noFaults } from "../../../../sim/faults/plan.ts";
import { initProducerId } from "../../../../sim/kafka/apis/init_producer_id.ts";
import { Broker } from "../../../../sim/kafka/broker.ts";
import { worldFromSeed } from "../../../../sim/world.ts";
import { goldenOf, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(initProducerId);

checkRequest("InitProducerId request", () => ({ transactionalId: null }));
checkRequest("InitProducerId request with transaction", () => ({
  transactionalId: "txn",
}));
checkResponse("InitProducerId response", () => ({
  error: 0,
  producerId: 77n,
  producerEpoch: 3,
}));

Deno.test("InitProducerId never gives an id twice, also after a restart", async () => {
  const dir = await Deno.makeTempDir();
  const given: bigint[] = [];
  for (let start = 0; start < 3; start++) {
    using broker = new Broker({ world: worldFromSeed(1), faults: noFaults, dir }, {});
    for (let count = 0; count < 1500; count++) given.push(broker.newProducerId());
  }
  assert.equal(new Set(given).size, 4500);
  await Deno.remove(dir, { recursive: true });
});

Deno.test(
  "InitProducerId for a transaction is refused for good",
  withBroker({}, async (_, call) => {
    const response = await initProducerId.handle({ transactionalId: "txn" }, call(4));
    assert.deepEqual(response, { error: 53, producerId: -1n, producerEpoch: -1 });
  }),
);
