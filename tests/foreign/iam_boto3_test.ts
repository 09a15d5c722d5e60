/**
 * Judge: boto3, on the simulated IAM and STS.
 *
 * Covers users and keys with the client's own exceptions, pages and waiters, roles with session
 * policies and external ids, versions, simulations, the resource interface and the details.
 */
import assert from "node:assert/strict";
import { judgedIdentity } from "./iam_world.ts";
import { mustRun, python } from "./tools.ts";

const script = new URL("./iam_judge.py", import.meta.url).pathname;

Deno.test("boto3 judges the simulated IAM and STS", async () => {
  const bin = await python();
  await using world = await judgedIdentity();
  const said = await mustRun(bin, [script], { env: world.env });
  assert.deepEqual(said.trim().split("\n"), [
    "users, keys and codes",
    "inline policies and pages",
    "roles, sessions and external ids",
    "managed policies and their versions",
    "simulations",
    "resources of boto3 and details",
  ]);
});
