import assert from "node:assert/strict";
import { emptyBecause, leftOut, rate, speed, verdict } from "../../../pipelines/report/verdict.ts";

const none = { pin: 0, geo: 0, user: 0 };
const promise = "every row arrived exactly once";

Deno.test("the verdict promises no more than is true: what was rejected stands beside it", () => {
  const told = (hops: Parameters<typeof verdict>[0]["hops"], reconciled = true) =>
    verdict({ reconciled, hops }, promise, "out/rejects.csv");
  assert.equal(told({ rejected: none }), `Reconciled: ${promise}.`);
  assert.equal(
    told({ rejected: { pin: 1000, geo: 200, user: 34 } }),
    `Reconciled: ${promise}; 1,234 were rejected: out/rejects.csv.`,
  );
  assert.equal(
    told({ rejected: { ...none, geo: 1 }, unreadable: { ...none, pin: 2 } }),
    `Reconciled: ${promise}; 1 was rejected, 2 were unreadable: out/rejects.csv.`,
  );
  assert.equal(told({ rejected: { ...none, geo: 1 } }, false), "NOT reconciled: see above.");
});

Deno.test("count, time and rate are of one interval", () => {
  assert.equal(speed(11_154, "posts", 2.4), "11,154 posts in 2.4 s (4,648 posts/s)");
  assert.equal(speed(3, "posts", 0.5), "3 posts in 0.5 s (6 posts/s)");
  assert.equal(speed(1, "posts", 4.2), "1 posts in 4.2 s (0.24 posts/s)");
  assert.equal(rate(0, 0), 0);
});

Deno.test("an answer is empty for the tables it reads, not for others", () => {
  assert.deepEqual(leftOut(["pin", "user"], ["geo", "user"]), ["user"]);
  assert.equal(emptyBecause(["geo"]), "Empty: geo was left out (--without geo)");
  assert.equal(
    emptyBecause(["geo", "user"]),
    "Empty: geo and user were left out (--without geo,user)",
  );
});
