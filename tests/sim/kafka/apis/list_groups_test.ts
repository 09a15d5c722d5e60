import assert from "node:assert/strict";
import { listGroups } from "../../../../sim/kafka/apis/list_groups.ts";
import { goldenOf, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(listGroups);

checkRequest("ListGroups request", (version) => ({
  states: version >= 4 ? ["Stable"] : [],
}));
checkResponse("ListGroups response", () => ({
  groups: [{ id: "grp", protocolType: "consumer", state: "Stable" }],
}));

Deno.test(
  "ListGroups lists all groups, or those in the states asked for",
  withBroker({}, async (broker, call) => {
    const identity = { generationId: -1, memberId: "", groupInstanceId: null };
    broker.coordinator.commitProblem({ groupId: "grp", ...identity });
    const ask = async (states: string[]) => (await listGroups.handle({ states }, call(4)))?.groups;
    assert.deepEqual(await ask([]), [{ id: "grp", protocolType: "", state: "Empty" }]);
    assert.deepEqual(await ask(["Stable"]), []);
  }),
);
