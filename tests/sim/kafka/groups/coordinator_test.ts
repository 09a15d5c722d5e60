import assert from "node:assert/strict";
import { noFaults } from "../../../../sim/faults/plan.ts";
import { Deadlines } from "../../../../sim/kafka/deadlines.ts";
import { Coordinator } from "../../../../sim/kafka/groups/coordinator.ts";

async function withCoordinator(test: (coordinator: Coordinator) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    using deadlines = new Deadlines(() => 0);
    using coordinator = new Coordinator({
      dir,
      faults: noFaults,
      deadlines,
      newId: () => "1",
      initialRebalanceDelayMs: 0,
      sessionTimeoutMinMs: 6000,
    });
    await test(coordinator);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const join = {
  groupId: "grp",
  sessionTimeoutMs: 6000,
  rebalanceTimeoutMs: 6000,
  memberId: "",
  groupInstanceId: null,
  protocolType: "consumer",
  protocols: [{ name: "range", metadata: new Uint8Array(0) }],
  clientId: "c",
  clientHost: "/127.0.0.1",
  requiresMemberId: false,
  canSkipAssignment: false,
};
const identity = { groupId: "grp", memberId: "m", generationId: 1, groupInstanceId: null };

Deno.test("The coordinator refuses joins that no group could take", () =>
  withCoordinator(async (coordinator) => {
    assert.equal((await coordinator.join({ ...join, groupId: "" })).error, 24);
    assert.equal((await coordinator.join({ ...join, sessionTimeoutMs: 5999 })).error, 26);
    assert.equal((await coordinator.join({ ...join, sessionTimeoutMs: 1_800_001 })).error, 26);
    assert.equal((await coordinator.join({ ...join, memberId: "m" })).error, 25);
    assert.deepEqual(coordinator.all(), []);
    assert.equal((await coordinator.join(join)).error, 0);
  }));

Deno.test("The coordinator knows nobody in a group that does not exist", () =>
  withCoordinator(async (coordinator) => {
    assert.equal(coordinator.heartbeat(identity), 25);
    assert.equal(coordinator.heartbeat({ ...identity, groupId: "" }), 24);
    assert.equal(coordinator.leave("grp", "m", null), 25);
    assert.equal(coordinator.commitProblem(identity), 22);
    const sync = { ...identity, protocolType: null, protocolName: null, assignments: [] };
    assert.equal((await coordinator.sync(sync)).error, 25);
  }));

Deno.test("A group with members is not deleted", () =>
  withCoordinator(async (coordinator) => {
    const { memberId } = await coordinator.join(join);
    assert.equal(coordinator.delete("grp"), 68);
    coordinator.leave("grp", memberId, null);
    assert.equal(coordinator.delete("grp"), 0);
    assert.equal(coordinator.delete("grp"), 69);
  }));
