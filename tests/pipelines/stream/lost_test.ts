/** A reader that waits for records, and a stream that may no longer have them. */
import assert from "node:assert/strict";
import { ReadingGoal } from "../../../pipelines/stream/goal.ts";
import { type Awaited, gapOf, lossError, watchForLoss } from "../../../pipelines/stream/lost.ts";
import { FakeKinesis } from "./fake_kinesis.ts";

const stream = "streaming-0123456789ab-pin";
const enough = new Error("Enough");

/** What is told lost while the watch looks so many times. */
async function lostOf(
  kinesis: FakeKinesis,
  awaited: (look: number) => readonly Awaited[],
  looks = 6,
): Promise<Awaited[]> {
  const lost: Awaited[] = [];
  const ending = new AbortController();
  let look = 0;
  await watchForLoss(kinesis, stream, {
    timing: kinesis.clock,
    signal: ending.signal,
    awaited() {
      if (++look >= looks) ending.abort(enough);
      return awaited(look);
    },
    onLost: (one) => lost.push(one),
  });
  return lost;
}

Deno.test("a record that is still there is waited for, whatever the stream answers first", async () => {
  const dice = [0.3, 0.8, 0.1, 0.9, 0.6];
  let rolls = 0;
  const kinesis = new FakeKinesis(2, {
    troubles: { empty: 0.4, expired: 0.2, throttled: 0.2, staleList: 0.2 },
    roll: () => dice[rolls++ % dice.length] ?? 0,
  });
  const { sequenceNumber } = kinesis.put(3, "here");
  kinesis.put(3, "behind");
  const awaited = [{ shardId: "shardId-000000000000", sequenceNumber }];
  assert.deepEqual(await lostOf(kinesis, () => awaited), []);
});

Deno.test("a record that was trimmed is lost, with others behind it or none", async () => {
  for (const others of [0, 2]) {
    const kinesis = new FakeKinesis(1);
    const { sequenceNumber } = kinesis.put(3, "gone");
    kinesis.trim(sequenceNumber);
    for (let n = 0; n < others; n++) kinesis.put(3, "behind");
    const one = { shardId: "shardId-000000000000", sequenceNumber };
    const lost = await lostOf(kinesis, (look) => look <= 2 ? [one] : []);
    assert.deepEqual(lost, [one]);
  }
});

Deno.test("a record of a shard that is listed no more is lost, but not by one listing alone", async () => {
  const kinesis = new FakeKinesis(1);
  const one = { shardId: "shardId-000000000007", sequenceNumber: "70" };
  assert.deepEqual(await lostOf(kinesis, (look) => look === 1 ? [one] : []), []);
  assert.deepEqual(await lostOf(kinesis, (look) => look <= 2 ? [one] : []), [one]);
});

Deno.test("a number that the stream never gave out is lost", async () => {
  const kinesis = new FakeKinesis(1);
  const one = { shardId: "shardId-000000000000", sequenceNumber: "7" };
  assert.deepEqual(await lostOf(kinesis, (look) => look <= 2 ? [one] : []), [one]);
});

Deno.test("what the watch throws ends it, a signal ends it in peace", async () => {
  const kinesis = new FakeKinesis(1);
  const one = { shardId: "shardId-000000000000", sequenceNumber: "7" };
  const gap = gapOf(stream, one, undefined);
  await assert.rejects(
    watchForLoss(kinesis, stream, {
      timing: kinesis.clock,
      signal: new AbortController().signal,
      awaited: () => [one],
      onLost() {
        throw lossError(gap);
      },
    }),
    /shardId-000000000000 was read up to TRIM_HORIZON, but .* run again with --accept-gap/,
  );
  const signal = AbortSignal.abort(enough);
  const onLost = () => assert.fail("nothing was looked at");
  const quiet = { timing: kinesis.clock, signal, awaited: () => [one], onLost };
  await watchForLoss(kinesis, stream, quiet);
});

Deno.test("a goal names what it still awaits, and what is given up is awaited no more", () => {
  const goal = new ReadingGoal();
  goal.raise("pin", 0, 5n);
  goal.raise("pin", 3, 9n);
  goal.finish();
  const positions = { "shardId-000000000000": "5" };
  const last = { shardId: "shardId-000000000003", sequenceNumber: "9" };
  assert.deepEqual(goal.awaited("pin", positions), [last]);
  assert.deepEqual(goal.awaited("geo", positions), []);
  goal.giveUp("pin", last.shardId);
  assert.equal(goal.isReached("pin", positions), true);
});
