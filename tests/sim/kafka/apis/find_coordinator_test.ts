import assert from "node:assert/strict";
import { findCoordinator } from "../../../../sim/kafka/apis/find_coordinator.ts";
import { goldenOf, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(findCoordinator);

checkRequest("FindCoordinator request", (version) => ({
  keys: version >= 4 ? ["grp", "other"] : ["grp"],
  keyType: version >= 1 ? 1 : 0,
}));
checkResponse("FindCoordinator response", () => ({
  coordinators: [{ key: "grp", error: 0, message: null }],
  port: 9092,
}));
checkResponse("FindCoordinator refusal", () => ({
  coordinators: [{ key: "grp", error: 53, message: "no" }],
  port: 9092,
}));

Deno.test(
  "FindCoordinator finds this broker for a group and none for a transaction",
  withBroker({}, async (_, call) => {
    const ask = async (keyType: number) => {
      const answer = await findCoordinator.handle({ keys: ["k"], keyType }, call(4));
      return answer?.coordinators[0]?.error;
    };
    assert.equal(await ask(0), 0);
    assert.equal(await ask(1), 53);
  }),
);
