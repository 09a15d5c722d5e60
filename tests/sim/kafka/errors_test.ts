import assert from "node:assert/strict";
import { errorCodes } from "kafkajs/src/protocol/error.js";
import { errors } from "../../../sim/kafka/errors.ts";

Deno.test("Every error has the code that kafkajs knows it by", () => {
  const known: { type: string; code: number }[] = errorCodes;
  const theirs = new Map(known.map(({ type, code }) => [type, code]));
  const newer = ["INVALID_RECORD", "UNKNOWN_TOPIC_ID", "FENCED_INSTANCE_ID", "NONE"];
  const renamed: Record<string, string> = {
    NOT_LEADER_OR_FOLLOWER: "NOT_LEADER_FOR_PARTITION",
    COORDINATOR_NOT_AVAILABLE: "GROUP_COORDINATOR_NOT_AVAILABLE",
    NOT_COORDINATOR: "NOT_COORDINATOR_FOR_GROUP",
  };
  for (const [name, code] of Object.entries(errors)) {
    const theirName = renamed[name] ?? name;
    if (!theirs.has(theirName) && newer.includes(name)) continue;
    assert.equal(theirs.get(theirName), code, name);
  }
});
