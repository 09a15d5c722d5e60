import assert from "node:assert/strict";
import { describeGroups } from "../../../../sim/kafka/apis/describe_groups.ts";
import { Deadlines } from "../../../../sim/kafka/deadlines.ts";
import { Group } from "../../../../sim/kafka/groups/group.ts";
import { Member } from "../../../../sim/kafka/groups/member.ts";
import { goldenOf, utf8, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(describeGroups);

checkRequest("DescribeGroups request", () => ({ groups: ["grp", "other"] }));

/** A group as if it had come to this by itself. */
function stableGroup(): Group {
  const group = new Group("grp", {
    deadlines: new Deadlines(() => 0),
    newMemberId: () => "m1",
    initialRebalanceDelayMs: 0,
  });
  const member = new Member("m1", {
    groupId: "grp",
    sessionTimeoutMs: 1,
    rebalanceTimeoutMs: 1,
    memberId: "m1",
    groupInstanceId: "i1",
    protocolType: "consumer",
    protocols: [{ name: "range", metadata: utf8("meta") }],
    clientId: "client",
    clientHost: "/127.0.0.1",
    requiresMemberId: false,
    canSkipAssignment: false,
  });
  member.assignment = utf8("mine");
  group.members.set("m1", member);
  group.state = "Stable";
  group.protocolType = "consumer";
  group.protocolName = "range";
  return group;
}

checkResponse("DescribeGroups response", () => ({
  groups: [{ id: "grp", group: stableGroup() }, { id: "other", group: undefined }],
}));

Deno.test(
  "DescribeGroups of a group that only has offsets finds it empty",
  withBroker({}, async (broker, call) => {
    const identity = { generationId: -1, memberId: "", groupInstanceId: null };
    broker.coordinator.commitProblem({ groupId: "grp", ...identity });
    const response = await describeGroups.handle({ groups: ["grp", "other"] }, call(5));
    assert.deepEqual(response?.groups.map(({ group }) => group?.state), ["Empty", undefined]);
  }),
);
