/** The real process under `kill -9`: ten rounds here, two hundred in `task long`. */
import assert from "node:assert/strict";
import { killRounds } from "./kill_rounds.ts";

Deno.test("kill -9 at any moment, again and again, loses and doubles nothing", async () => {
  const rounds = 10;
  const sum = await killRounds({ rounds, seed: 20, rows: 1500 });
  assert.deepEqual(sum, { rounds, in: sum.in, out: sum.in, lost: 0, doubled: 0 });
  assert.ok(sum.in >= 4500, `${sum.in} records`);
});
