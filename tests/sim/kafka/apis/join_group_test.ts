import assert from "node:assert/strict";
import { joinGroup } from "../../../../sim/kafka/apis/join_group.ts";
import { goldenOf, utf8, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(joinGroup);

const request = (version: number) => ({
  groupId: "grp",
  sessionTimeoutMs: 30000,
  rebalanceTimeoutMs: version >= 1 ? 60000 : 30000,
  memberId: "m1",
  groupInstanceId: version >= 5 ? "i1" : null,
  protocolType: "consumer",
  protocols: [{ name: "range", metadata: utf8("meta") }],
});

checkRequest("JoinGroup request", request);
checkResponse("JoinGroup response", () => ({
  error: 0,
  generationId: 7,
  protocolType: "consumer",
  protocolName: "range",
  leader: "m1",
  skipAssignment: true,
  memberId: "m1",
  members: [{ memberId: "m1", groupInstanceId: "i1", metadata: utf8("meta") }],
}));
checkResponse("JoinGroup refusal", () => ({
  error: 79,
  generationId: -1,
  protocolType: null,
  protocolName: null,
  leader: "",
  skipAssignment: false,
  memberId: "m1",
  members: [],
}));

Deno.test(
  "JoinGroup gives a newcomer its id first, from v4 on",
  withBroker({}, async (_, call) => {
    const newcomer = { ...request(0), memberId: "", groupInstanceId: null };
    const first = await joinGroup.handle(newcomer, call(4));
    assert.equal(first?.error, 79);
    assert.match(first?.memberId ?? "", /^client-[0-9a-f]{32}$/);
    const memberId = first?.memberId ?? "";
    const second = await joinGroup.handle({ ...newcomer, memberId }, call(4));
    assert.deepEqual([second?.error, second?.generationId, second?.leader], [0, 1, memberId]);
    const other = await joinGroup.handle({ ...newcomer, groupId: "old" }, call(3));
    assert.deepEqual([other?.error, other?.generationId], [0, 1]);
  }),
);
