import assert from "node:assert/strict";
import fc from "fast-check";
import { Deadlines } from "../../../../sim/kafka/deadlines.ts";
import { Group } from "../../../../sim/kafka/groups/group.ts";
import type { JoinRequest, JoinResponse } from "../../../../sim/kafka/groups/member.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const noBytes = new Uint8Array(0);

/** A group, a clock that stands still until it is moved, and members in few words. */
function setUp(test: (world: TestGroup) => Promise<void>): () => Promise<void> {
  return async () => {
    using world = new TestGroup();
    await test(world);
  };
}

class TestGroup implements Disposable {
  nowMs = 0;
  readonly deadlines = new Deadlines(() => this.nowMs);
  #nextId = 0;
  readonly group: Group;

  constructor(initialRebalanceDelayMs = 0) {
    this.group = new Group("grp", {
      deadlines: this.deadlines,
      newMemberId: (prefix) => `${prefix}-${this.#nextId++}`,
      initialRebalanceDelayMs,
    });
  }

  pass(ms: number): void {
    this.nowMs += ms;
    this.deadlines.runDue();
  }

  join(change: Partial<JoinRequest> = {}): JoinResponse | Promise<JoinResponse> {
    return this.group.join({
      groupId: "grp",
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      memberId: "",
      groupInstanceId: null,
      protocolType: "consumer",
      protocols: [{ name: "range", metadata: utf8("m") }],
      clientId: "c",
      clientHost: "/127.0.0.1",
      requiresMemberId: false,
      canSkipAssignment: false,
      ...change,
    });
  }

  sync(memberId: string, generationId: number, assignments: Record<string, string> = {}) {
    return this.group.sync({
      ...this.identity(memberId, generationId),
      protocolType: "consumer",
      protocolName: "range",
      assignments: Object.entries(assignments).map(([memberId, text]) => ({
        memberId,
        assignment: utf8(text),
      })),
    });
  }

  identity(memberId: string, generationId: number, groupInstanceId: string | null = null) {
    return { groupId: "grp", memberId, generationId, groupInstanceId };
  }

  beat(memberId: string, generationId: number, groupInstanceId: string | null = null): number {
    return this.group.heartbeat(this.identity(memberId, generationId, groupInstanceId));
  }

  /** Two members, "c-0" the leader, stable in generation 2. */
  async stablePair(): Promise<void> {
    await this.join();
    const both = [this.join(), this.join({ memberId: "c-0" })];
    await Promise.all(both);
    const two = this.sync("c-1", 2);
    await this.sync("c-0", 2, { "c-0": "zero", "c-1": "one" });
    await two;
  }

  [Symbol.dispose](): void {
    this.deadlines[Symbol.dispose]();
  }
}

Deno.test(
  "A newcomer of v4 or later gets an id and comes again with it",
  setUp(async (world) => {
    const first = await world.join({ requiresMemberId: true });
    assert.deepEqual([first.error, first.memberId], [79, "c-0"]);
    assert.equal(world.group.state, "Empty");
    const second = await world.join({ requiresMemberId: true, memberId: "c-0" });
    assert.deepEqual([second.error, second.generationId, second.leader], [0, 1, "c-0"]);
    assert.equal((await world.join({ memberId: "stranger" })).error, 25);
  }),
);

Deno.test(
  "A join is held until all known members have joined again, and the leader gets the list",
  setUp(async (world) => {
    assert.equal((await world.join()).generationId, 1);
    let isAnswered = false;
    const second = Promise.resolve(world.join());
    second.then(() => isAnswered = true);
    await Promise.resolve();
    assert.equal(isAnswered, false);
    assert.equal(world.beat("c-0", 1), 27, "the first is told to join again");
    const [one, two] = await Promise.all([world.join({ memberId: "c-0" }), second]);
    assert.deepEqual([one.generationId, two.generationId], [2, 2]);
    assert.deepEqual([one.leader, two.leader], ["c-0", "c-0"]);
    assert.deepEqual(one.members.map(({ memberId }) => memberId), ["c-0", "c-1"]);
    assert.deepEqual(two.members, []);
  }),
);

Deno.test(
  "A sync is held until the leader hands in the assignments",
  setUp(async (world) => {
    await world.join();
    await Promise.all([world.join(), world.join({ memberId: "c-0" })]);
    const two = world.sync("c-1", 2);
    const one = await world.sync("c-0", 2, { "c-0": "zero", "c-1": "one" });
    assert.deepEqual(one.assignment, utf8("zero"));
    assert.deepEqual((await two).assignment, utf8("one"));
    assert.equal(world.group.state, "Stable");
    assert.deepEqual((await world.sync("c-1", 2)).assignment, utf8("one"), "asked again");
  }),
);

Deno.test(
  "Strangers and members of another generation are told so",
  setUp(async (world) => {
    await world.stablePair();
    assert.equal(world.beat("stranger", 2), 25);
    assert.equal(world.beat("c-0", 1), 22);
    assert.equal((await world.sync("c-0", 1)).error, 22);
    assert.equal((await world.sync("stranger", 2)).error, 25);
    assert.equal(world.group.commitProblem(world.identity("c-0", 2)), null);
    assert.equal(world.group.commitProblem(world.identity("c-0", 1)), 22);
    assert.equal(world.group.commitProblem(world.identity("", -1)), 25);
    assert.equal(world.group.leave("stranger", null), 25);
  }),
);

Deno.test(
  "A commit is taken while others join, but not between join and sync",
  setUp(async (world) => {
    await world.stablePair();
    const third = Promise.resolve(world.join());
    assert.equal(world.group.state, "PreparingRebalance");
    assert.equal(world.group.commitProblem(world.identity("c-0", 2)), null);
    await Promise.all([third, world.join({ memberId: "c-0" }), world.join({ memberId: "c-1" })]);
    assert.equal(world.group.state, "CompletingRebalance");
    assert.equal(world.group.commitProblem(world.identity("c-0", 3)), 27);
  }),
);

Deno.test(
  "A member that is silent for its session is out, and the other is told to join again",
  setUp(async (world) => {
    await world.stablePair();
    world.pass(6000);
    assert.equal(world.beat("c-0", 2), 0);
    world.pass(5000);
    assert.equal(world.beat("c-1", 2), 25);
    assert.equal(world.beat("c-0", 2), 27);
    const alone = await world.join({ memberId: "c-0" });
    assert.equal(alone.generationId, 3);
    assert.equal(alone.members.length, 1);
  }),
);

Deno.test(
  "A member that does not join again in the rebalance time-out is out",
  setUp(async (world) => {
    await world.stablePair();
    const third = Promise.resolve(world.join());
    const again = Promise.resolve(world.join({ memberId: "c-1" }));
    for (let second = 0; second < 59; second++) {
      world.pass(1000);
      assert.equal(world.beat("c-0", 2), 27, "it lives, but does not join");
    }
    world.pass(1000);
    const [two, three] = await Promise.all([again, third]);
    assert.deepEqual([two.generationId, three.generationId], [3, 3]);
    assert.equal(two.leader, "c-1", "the leader is one of those who joined");
    assert.equal(world.beat("c-0", 2), 25);
  }),
);

Deno.test(
  "A member that waits for its join is not timed out by its session",
  setUp(async (world) => {
    await world.join();
    const second = Promise.resolve(world.join());
    world.pass(9000);
    assert.equal(world.beat("c-0", 1), 27);
    world.pass(9000);
    const [one] = await Promise.all([world.join({ memberId: "c-0" }), second]);
    assert.equal(one.members.length, 2);
  }),
);

Deno.test(
  "A leader that joins and never syncs is out after the rebalance time-out",
  setUp(async (world) => {
    await world.join();
    await Promise.all([world.join(), world.join({ memberId: "c-0" })]);
    const two = Promise.resolve(world.sync("c-1", 2));
    for (let second = 0; second < 60; second++) {
      world.beat("c-0", 2);
      world.pass(1000);
    }
    assert.equal((await two).error, 27);
    assert.equal(world.beat("c-0", 2), 25);
    const alone = await world.join({ memberId: "c-1" });
    assert.deepEqual([alone.leader, alone.members.length], ["c-1", 1]);
  }),
);

Deno.test(
  "A newcomer that never comes back with its id does not hold the others for ever",
  setUp(async (world) => {
    await world.stablePair();
    await world.join({ requiresMemberId: true });
    const joins = ["c-0", "c-1"].map((memberId) =>
      world.join({ memberId, protocols: [{ name: "range", metadata: utf8("changed") }] })
    );
    assert.equal(world.group.state, "PreparingRebalance");
    world.pass(10_000);
    const [one] = await Promise.all(joins);
    assert.equal(one?.members.length, 2);
  }),
);

Deno.test(
  "Leaving lets the others join again at once, and the last one leaves an empty group",
  setUp(async (world) => {
    await world.stablePair();
    assert.equal(world.group.leave("c-0", null), 0);
    assert.equal(world.beat("c-1", 2), 27);
    assert.equal((await world.join({ memberId: "c-1" })).leader, "c-1");
    assert.equal(world.group.leave("c-1", null), 0);
    assert.equal(world.group.state, "Empty");
    assert.equal(world.group.members.size, 0);
    assert.equal(world.group.commitProblem(world.identity("", -1)), null);
  }),
);

Deno.test(
  "A follower that joins again unchanged gets the same answer, a leader a new generation",
  setUp(async (world) => {
    await world.stablePair();
    const follower = await world.join({ memberId: "c-1" });
    assert.deepEqual([follower.error, follower.generationId], [0, 2]);
    assert.equal(world.group.state, "Stable");
    const leader = Promise.resolve(world.join({ memberId: "c-0" }));
    assert.equal(world.group.state, "PreparingRebalance");
    await world.join({ memberId: "c-1" });
    assert.equal((await leader).generationId, 3);
  }),
);

Deno.test(
  "A sync that waits when the next rebalance begins is told so",
  setUp(async (world) => {
    await world.join();
    await Promise.all([world.join(), world.join({ memberId: "c-0" })]);
    const two = Promise.resolve(world.sync("c-1", 2));
    Promise.resolve(world.join());
    assert.equal((await two).error, 27);
  }),
);

Deno.test(
  "The protocol is one that all members speak, by most votes",
  setUp(async (world) => {
    const speaking = (...names: string[]) => ({
      protocols: names.map((name) => ({ name, metadata: noBytes })),
    });
    await world.join(speaking("range", "sticky"));
    const two = Promise.resolve(world.join(speaking("sticky", "range")));
    const three = Promise.resolve(world.join(speaking("sticky", "other", "range")));
    await world.join({ memberId: "c-0", ...speaking("range", "sticky") });
    await Promise.all([two, three]);
    assert.equal(world.group.protocolName, "sticky");
    assert.equal((await world.join(speaking("other"))).error, 23);
    assert.equal((await world.join({ protocolType: "connect" })).error, 23);
    assert.equal((await world.join({ protocols: [] })).error, 23);
  }),
);

Deno.test(
  "A static member that starts again takes its place without a rebalance",
  setUp(async (world) => {
    const first = await world.join({ groupInstanceId: "a", requiresMemberId: true });
    assert.deepEqual([first.error, first.memberId], [0, "a-0"]);
    await world.group.sync({
      ...world.identity("a-0", 1, "a"),
      protocolType: null,
      protocolName: null,
      assignments: [{ memberId: "a-0", assignment: utf8("mine") }],
    });
    const again = await world.join({ groupInstanceId: "a", requiresMemberId: true });
    assert.deepEqual([again.error, again.memberId, again.generationId], [0, "a-1", 1]);
    assert.equal(again.leader, "a-0", "it must not assign anew");
    assert.equal(world.group.state, "Stable");
    assert.equal(world.beat("a-0", 1, "a"), 82, "the one before is fenced");
    assert.equal(world.beat("a-1", 1, "a"), 0);
    const synced = await world.group.sync({
      ...world.identity("a-1", 1, "a"),
      protocolType: null,
      protocolName: null,
      assignments: [],
    });
    assert.deepEqual(synced.assignment, utf8("mine"));
    const skipping = await world.join({ groupInstanceId: "a", canSkipAssignment: true });
    assert.deepEqual([skipping.leader, skipping.skipAssignment], ["a-2", true]);
  }),
);

Deno.test(
  "A static member leaves by its instance id",
  setUp(async (world) => {
    await world.join({ groupInstanceId: "a" });
    assert.equal(world.group.leave("", "nobody"), 25);
    assert.equal(world.group.leave("other", "a"), 25);
    assert.equal(world.group.leave("", "a"), 0);
    assert.equal(world.group.state, "Empty");
  }),
);

Deno.test(
  "A join that is sent twice is answered twice",
  setUp(async (world) => {
    await world.stablePair();
    const changed = { protocols: [{ name: "range", metadata: utf8("changed") }] };
    const lost = Promise.resolve(world.join({ memberId: "c-1", ...changed }));
    const second = Promise.resolve(world.join({ memberId: "c-1", ...changed }));
    assert.equal((await lost).error, 27);
    await world.join({ memberId: "c-0" });
    assert.equal((await second).generationId, 3);
  }),
);

Deno.test("A new group waits its initial delay for more members, and only then", async () => {
  using world = new TestGroup(3000);
  const joins = [world.join()];
  world.pass(1000);
  joins.push(world.join());
  world.pass(1999);
  assert.equal(world.group.generationId, 0);
  world.pass(1);
  const [one, two] = await Promise.all(joins);
  assert.deepEqual([one?.generationId, two?.generationId], [1, 1]);
  assert.equal(one?.members.length, 2);
  const third = world.join();
  const rest = ["c-0", "c-1"].map((memberId) => world.join({ memberId }));
  assert.equal((await third).generationId, 2);
  await Promise.all(rest);
});

/** What a member does next, by what it was last told: a consumer in a few lines. */
class Consumer {
  memberId = "";
  generationId = -1;
  assignment: string | null = null;
  isWaiting = false;
  constructor(readonly world: TestGroup) {}

  async step(): Promise<void> {
    if (this.isWaiting) return;
    const { world } = this;
    if (this.assignment !== null) {
      const error = world.beat(this.memberId, this.generationId);
      if (error !== 0) this.assignment = null;
      if (error === 25) this.memberId = "";
      return;
    }
    this.isWaiting = true;
    const joined = await world.join({ memberId: this.memberId, requiresMemberId: true });
    if (joined.error === 79) this.memberId = joined.memberId;
    if (joined.error === 25) this.memberId = "";
    if (joined.error === 0) await this.#sync(joined);
    this.isWaiting = false;
  }

  async #sync({ memberId, generationId, members }: JoinResponse): Promise<void> {
    this.generationId = generationId;
    const assignments = Object.fromEntries(members.map(({ memberId }) => [memberId, memberId]));
    const synced = await this.world.sync(memberId, generationId, assignments);
    if (synced.error === 25) this.memberId = "";
    if (synced.error === 0) this.assignment = new TextDecoder().decode(synced.assignment);
  }
}

Deno.test("Consumers that join, leave and die in any order end with one share each", async () => {
  const action = fc.record({
    kind: fc.constantFrom("start", "step", "step", "step", "leave", "die", "wait"),
    pick: fc.nat(9),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
      using world = new TestGroup();
      const consumers: Consumer[] = [];
      const settle = () => new Promise<void>((resolve) => queueMicrotask(resolve));
      for (const { kind, pick } of actions) {
        const consumer = consumers[pick % Math.max(1, consumers.length)];
        if (kind === "start" && consumers.length < 5) consumers.push(new Consumer(world));
        else if (kind === "wait") world.pass(1000 * pick);
        else if (consumer === undefined) continue;
        else if (kind === "step") void consumer.step();
        else {
          if (kind === "leave" && consumer.memberId) world.group.leave(consumer.memberId, null);
          consumers.splice(consumers.indexOf(consumer), 1);
        }
        for (let turn = 0; turn < 10; turn++) await settle();
      }
      // Then nobody disturbs: the dead run out of time, the living beat and join.
      for (let round = 0; round < 200; round++) {
        for (const consumer of consumers) void consumer.step();
        for (let turn = 0; turn < 10; turn++) await settle();
        world.pass(1000);
      }
      const expected = consumers.map(({ memberId }) => memberId).sort();
      assert.deepEqual([...world.group.members.keys()].sort(), expected);
      assert.deepEqual(consumers.map(({ assignment }) => assignment).sort(), expected);
      assert.equal(world.group.state, consumers.length > 0 ? "Stable" : "Empty");
      assert.equal(new Set(consumers.map(({ generationId }) => generationId)).size <= 1, true);
    }),
    { numRuns: 100 },
  );
});
