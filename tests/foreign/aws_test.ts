/**
 * Judge: the `aws` command line, on the simulated S3.
 *
 * Covers listing, copies up and down in parts, syncing names that need escaping, removing, and a
 * wrong secret.
 */
import assert from "node:assert/strict";
import { aws, mustRun, run } from "./tools.ts";
import { awsEnv, judgedWorld, setting } from "./world.ts";

Deno.test("the aws command line judges the simulated S3", async (t) => {
  const cli = await aws();
  await using world = await judgedWorld({ posts: 20 });
  const env = awsEnv(world);
  const bucket = setting(world, "S3_BUCKET");
  const s3 = (...args: string[]) => mustRun(cli, ["s3", ...args], { env });
  const big = `${world.folder}/big.bin`;
  const bytes = new Uint8Array(20 * 2 ** 20).map((_, at) => (at * 31 + (at >> 9)) & 255);
  await Deno.writeFile(big, bytes);

  await t.step("lists the bucket", async () => {
    assert.match(await s3("ls"), new RegExp(bucket));
  });

  await t.step("copies 20 MiB up in parts and down again", async () => {
    await s3("cp", big, `s3://${bucket}/deep/er/big.bin`);
    await s3("cp", `s3://${bucket}/deep/er/big.bin`, `${big}.back`);
    assert.deepEqual(await Deno.readFile(`${big}.back`), bytes);
    assert.match(await s3("ls", `s3://${bucket}/deep/`), /PRE er\//);
    assert.match(await s3("ls", "--recursive", `s3://${bucket}/`), /20971520 deep\/er\/big.bin/);
  });

  await t.step("syncs a folder with names that need escaping", async () => {
    const names = ["plain.txt", "with space.txt", "plus+and%25.txt", "é😀.txt", "q?=&.txt"];
    await Deno.mkdir(`${world.folder}/many/sub`, { recursive: true });
    for (const name of names) await Deno.writeTextFile(`${world.folder}/many/sub/${name}`, name);
    await s3("sync", `${world.folder}/many`, `s3://${bucket}/many`);
    await s3("sync", `s3://${bucket}/many`, `${world.folder}/back`);
    for (const name of names) {
      assert.equal(await Deno.readTextFile(`${world.folder}/back/sub/${name}`), name);
    }
  });

  await t.step("removes what it copied", async () => {
    await s3("rm", "--recursive", `s3://${bucket}/many`);
    const { stdout } = await run(cli, ["s3", "ls", "--recursive", `s3://${bucket}/many`], { env });
    assert.equal(stdout, "");
  });

  await t.step("is refused with a wrong secret", async () => {
    const { code, stderr } = await run(cli, ["s3", "ls", `s3://${bucket}`], {
      env: { ...env, AWS_SECRET_ACCESS_KEY: "wrong" },
    });
    assert.notEqual(code, 0);
    assert.match(stderr, /SignatureDoesNotMatch/);
  });
});
