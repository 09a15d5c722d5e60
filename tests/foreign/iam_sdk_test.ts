/**
 * Judge: the SDK for JavaScript, on the simulated IAM and STS.
 *
 * Covers users and keys with errors by their names, pages, roles and sessions, simulations.
 */
import assert from "node:assert/strict";
import { judgedIdentity } from "./iam_world.ts";
import { iamSdk, mustRun } from "./tools.ts";

Deno.test("the SDK for JavaScript judges the simulated IAM and STS", async () => {
  const config = await iamSdk();
  await using world = await judgedIdentity();
  const said = await mustRun(Deno.execPath(), [
    ...["run", "--no-check", "--no-prompt", "--allow-net=127.0.0.1", "--allow-env", "--allow-sys"],
    ...["--allow-read", "--config", config],
    new URL("./iam_sdk_judge.ts", import.meta.url).pathname,
    ...["@aws-sdk/client-iam", "@aws-sdk/client-sts"],
  ], { env: world.env });
  assert.deepEqual(said.trim().split("\n"), [
    "users, keys and errors by name",
    "policies and pages",
    "roles and sessions",
    "simulations and the summary",
  ]);
});
