import assert from "node:assert/strict";
import { TokenBucket } from "../../../sim/gateway/limits.ts";

Deno.test("A token bucket gives its burst at once and then one token per interval", () => {
  let nowMs = 0;
  const bucket = new TokenBucket({ ratePerSecond: 10, burst: 2 }, () => nowMs);
  assert.deepEqual([bucket.take(), bucket.take(), bucket.take()], [true, true, false]);
  nowMs = 99;
  assert.equal(bucket.take(), false);
  nowMs = 100;
  assert.deepEqual([bucket.take(), bucket.take()], [true, false]);
  nowMs = 60_000;
  assert.deepEqual([bucket.take(), bucket.take(), bucket.take()], [true, true, false]);
});
