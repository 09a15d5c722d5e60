import assert from "node:assert/strict";
import { claimStateFolder, type RunIdentity } from "../../pipelines/state_folder.ts";
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

Deno.test("a folder that cannot be made is wrong usage", async () => {
  const file = await Deno.makeTempFile();
  await assert.rejects(claimStateFolder(`${file}/run`, identity), UsageError);
  await Deno.remove(file);
});
