import assert from "node:assert/strict";
import { leaveGroup } from "../../../../sim/kafka/apis/leave_group.ts";
import { goldenOf, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(leaveGroup);

checkRequest("LeaveGroup request", (version) => ({
  groupId: "grp",
  members: [{ memberId: "m1", groupInstanceId: version >= 3 ? "i1" : null }],
}));
checkResponse("LeaveGroup response", (version) => ({
  error: version <= 2 ? 25 : 0,
  members: [{ memberId: "m1", groupInstanceId: "i1", error: 25 }],
}));

Deno.test(
  "LeaveGroup of a stranger is an error of the answer until v2, of the member from v3 on",
  withBroker({}, async (_, call) => {
    const request = { groupId: "grp", members: [{ memberId: "m1", groupInstanceId: null }] };
    assert.equal((await leaveGroup.handle(request, call(2)))?.error, 25);
    const response = await leaveGroup.handle(request, call(3));
    assert.deepEqual([response?.error, response?.members[0]?.error], [0, 25]);
  }),
);
