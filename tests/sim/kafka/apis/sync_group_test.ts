import { syncGroup } from "../../../../sim/kafka/apis/sync_group.ts";
import { goldenOf, utf8 } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(syncGroup);

checkRequest("SyncGroup request", (version) => ({
  groupId: "grp",
  generationId: 7,
  memberId: "m1",
  groupInstanceId: version >= 3 ? "i1" : null,
  protocolType: version >= 5 ? "consumer" : null,
  protocolName: version >= 5 ? "range" : null,
  assignments: [{ memberId: "m1", assignment: utf8("mine") }],
}));
checkResponse("SyncGroup response", () => ({
  error: 0,
  protocolType: "consumer",
  protocolName: "range",
  assignment: utf8("mine"),
}));
