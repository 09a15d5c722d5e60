import assert from "node:assert/strict";
import { deleteGroups } from "../../../../sim/kafka/apis/delete_groups.ts";
import { goldenOf, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(deleteGroups);

checkRequest("DeleteGroups request", () => ({ groups: ["grp", "other"] }));
checkResponse("DeleteGroups response", () => ({
  results: [{ id: "grp", error: 0 }, { id: "other", error: 68 }],
}));

Deno.test(
  "DeleteGroups forgets a group and its offsets",
  withBroker({}, async (broker, call) => {
    const identity = { generationId: -1, memberId: "", groupInstanceId: null };
    broker.coordinator.commitProblem({ groupId: "grp", ...identity });
    const offset = { topic: "t", partition: 0, offset: 1n, leaderEpoch: -1, metadata: "" };
    broker.coordinator.offsets.commit("grp", [offset]);
    const response = await deleteGroups.handle({ groups: ["grp", "missing"] }, call(2));
    assert.deepEqual(response?.results, [{ id: "grp", error: 0 }, { id: "missing", error: 69 }]);
    assert.deepEqual(broker.coordinator.offsets.of("grp"), []);
  }),
);
