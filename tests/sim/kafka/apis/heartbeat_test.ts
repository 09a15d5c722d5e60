import { heartbeat } from "../../../../sim/kafka/apis/heartbeat.ts";
import { goldenOf } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(heartbeat);

checkRequest("Heartbeat request", (version) => ({
  groupId: "grp",
  generationId: 7,
  memberId: "m1",
  groupInstanceId: version >= 3 ? "i1" : null,
}));
checkResponse("Heartbeat response", () => ({ error: 27 }));
