import assert from "node:assert/strict";
import { offsetFetch } from "../../../../sim/kafka/apis/offset_fetch.ts";
import { goldenOf, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(offsetFetch);

const wanted = { groupId: "grp", topics: [{ name: "topic", indexes: [5, 6] }] };
const committed = {
  topic: "topic",
  partition: 5,
  offset: 1234567890123n,
  leaderEpoch: 4,
  metadata: "note",
};

checkRequest("OffsetFetch request", (version) => ({
  groups: version >= 8 ? [wanted, { groupId: "other", topics: null }] : [wanted],
}));
checkRequest(
  "OffsetFetch request for all",
  () => ({ groups: [{ groupId: "grp", topics: null }] }),
  { min: 2, max: 7 },
);
checkResponse("OffsetFetch response", () => ({
  groups: [{ groupId: "grp", topics: [{ name: "topic", partitions: [committed] }] }],
}));

Deno.test(
  "OffsetFetch gives offset and metadata back, and -1 for what was never committed",
  withBroker({}, async (broker, call) => {
    broker.coordinator.offsets.commit("grp", [committed]);
    const ask = async (groupId: string, topics: typeof wanted["topics"] | null) =>
      (await offsetFetch.handle({ groups: [{ groupId, topics }] }, call(8)))?.groups[0]?.topics;
    const none = { topic: "topic", partition: 6, offset: -1n, leaderEpoch: -1, metadata: "" };
    assert.deepEqual(await ask("grp", wanted.topics), [
      { name: "topic", partitions: [committed, none] },
    ]);
    assert.deepEqual(await ask("grp", null), [{ name: "topic", partitions: [committed] }]);
    assert.deepEqual(await ask("unknown", null), []);
  }),
);
