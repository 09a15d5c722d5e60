/**
 * Judge: moto's own tests of IAM and STS, in its server mode, on the simulated ones.
 *
 * `iam_moto.allow` lists the tests that pass, and only grows: one that no longer passes is a
 * failure, and so is one that passes and is not listed yet. Among the others are operations that
 * are left out, clocks that are set back in the client (its signatures are old then, and moto looks
 * at none), paths and documents that moto takes and IAM refuses, words that are moto's own.
 */
import assert from "node:assert/strict";
import { motoWorld } from "./iam_moto_world.ts";
import { moto, run } from "./tools.ts";

const list = new URL("./iam_moto.allow", import.meta.url);

/** Not those of certificates, OpenID and CloudFormation, nor of moto's own server. */
const files = [
  ...["", "_groups", "_policies", "_access_integration", "_account_aliases"],
  ...["_password_last_used", "_resets", "_response_attributes"],
].map((part) => `tests/test_iam/test_iam${part}.py`);
const stsFiles = ["", "_integration"].map((part) => `tests/test_sts/test_sts${part}.py`);

Deno.test("moto's tests judge the simulated IAM and STS", async () => {
  const { bin, folder } = await moto();
  await using world = motoWorld();
  const quiet = ["-q", "--tb=no", "--color=no", "-rA", "-p", "no:cacheprovider"];
  const { stdout, stderr } = await run(bin, ["-m", "pytest", ...quiet, ...files, ...stsFiles], {
    cwd: folder,
    env: {
      TEST_SERVER_MODE: "true",
      TEST_SERVER_MODE_ENDPOINT: world.url,
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      AWS_EC2_METADATA_DISABLED: "true",
      PYTHONDONTWRITEBYTECODE: "1",
    },
    timeoutMs: 600_000,
  });
  const passed = stdout.split("\n").filter((line) => line.startsWith("PASSED "))
    .map((line) => line.slice("PASSED ".length)).sort();
  assert.ok(passed.length > 0, `${stdout.slice(-2000)}\n${stderr.slice(-2000)}`);
  const allowed = (await Deno.readTextFile(list)).split("\n").filter((line) => line !== "");
  const known = new Set(allowed);
  const now = new Set(passed);
  assert.deepEqual(allowed.filter((test) => !now.has(test)), [], "passed before, and fail now");
  assert.deepEqual(
    passed.filter((test) => !known.has(test)),
    [],
    `to be added to ${list.pathname}`,
  );
});
