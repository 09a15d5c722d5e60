import assert from "node:assert/strict";
import { murmur2 } from "../../../../sim/kafka_rest/kafka/murmur2.ts";

// From Apache Kafka's own UtilsTest.
const vectors: Record<string, number> = {
  "21": -973932308,
  foobar: -790332482,
  "a-little-bit-long-string": -985981536,
  "a-little-bit-longer-string": -1486304829,
  lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
  abc: 479470107,
};

Deno.test("murmur2 gives what Kafka's own tests expect", () => {
  for (const [key, hash] of Object.entries(vectors)) {
    assert.equal(murmur2(new TextEncoder().encode(key)), hash, key);
  }
});
