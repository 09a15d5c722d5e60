import assert from "node:assert/strict";
import {
  checkStateFolder,
  claimStateFolder,
  type RunIdentity,
} from "../../pipelines/state_folder.ts";
import { UsageError } from "../../pipelines/errors.ts";

const identity: RunIdentity = {
  id: "0a1b2c3d4e5f",
  source: "generated, seed 1",
  order: "by index",
  partitions: 1,
  "topics.dir": "topics",
};

Deno.test("a state folder is claimed once and taken again by the same run", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await claimStateFolder(`${dir}/run`, identity);
    await claimStateFolder(`${dir}/run`, identity);
    for (
      const [key, value] of [["source", "other"], ["order", "course draws"], ["partitions", 2], [
        "topics.dir",
        "other",
      ]]
    ) {
      const other: RunIdentity = { ...identity, [String(key)]: value ?? "" };
      await assert.rejects(claimStateFolder(`${dir}/run`, other), (error) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.message, new RegExp(`${key} '.*--data`));
        return true;
      });
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

/** A folder whose run.json holds this. */
async function withRun(run: unknown, work: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${dir}/run.json`, JSON.stringify(run));
    await work(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a check writes nothing, and refuses what a claim would refuse", () =>
  withRun({ format: 1, ...identity }, async (dir) => {
    const before = await Deno.stat(`${dir}/run.json`);
    await checkStateFolder(dir, identity);
    await checkStateFolder(`${dir}/none`, identity);
    await assert.rejects(checkStateFolder(dir, { ...identity, partitions: 2 }), UsageError);
    assert.deepEqual((await Deno.stat(`${dir}/run.json`)).mtime, before.mtime);
    assert.deepEqual(Array.from(Deno.readDirSync(dir), ({ name }) => name), ["run.json"]);
  }));

Deno.test("a state folder from before there was a format is carried over", () =>
  withRun(identity, async (dir) => {
    await claimStateFolder(dir, identity);
    const kept = JSON.parse(await Deno.readTextFile(`${dir}/run.json`));
    assert.deepEqual(kept, { format: 1, ...identity });
    await assert.rejects(claimStateFolder(dir, { ...identity, id: "ffffffffffff" }), UsageError);
  }));

Deno.test("a state folder of a newer format is refused with what to do", () =>
  withRun({ format: 2, ...identity }, async (dir) => {
    const said = /has format 2, and this program knows up to 1: use the newer version/;
    await assert.rejects(checkStateFolder(dir, identity), said);
    await assert.rejects(claimStateFolder(dir, identity), said);
  }));

Deno.test("a folder that cannot be made is wrong usage", async () => {
  const file = await Deno.makeTempFile();
  await assert.rejects(claimStateFolder(`${file}/run`, identity), UsageError);
  await Deno.remove(file);
});
