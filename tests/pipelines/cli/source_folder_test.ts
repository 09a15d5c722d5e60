import assert from "node:assert/strict";
import { sourceFiles } from "../../../pipelines/cli/source_folder.ts";
import { UsageError } from "../../../pipelines/errors.ts";

async function folderWith(names: string[], work: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    for (const name of names) await Deno.writeTextFile(`${dir}/${name}`, "");
    await work(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("each table may come in a format of its own, and one may be missing", () =>
  folderWith(["pinterest_data.csv", "user_data.parquet", "notes.txt"], async (dir) => {
    assert.deepEqual(await sourceFiles(dir), {
      pinterest_data: `${dir}/pinterest_data.csv`,
      user_data: `${dir}/user_data.parquet`,
    });
  }));

Deno.test("a folder without any table is refused with the names that were looked for", () =>
  folderWith(["pins.csv"], async (dir) => {
    await assert.rejects(sourceFiles(dir), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, /pinterest_data\.\*, geolocation_data\.\*, user_data\.\*/);
      return true;
    });
  }));

Deno.test("two files of one table are refused: nobody knows which one was meant", () =>
  folderWith(["user_data.csv", "user_data.jsonl"], async (dir) => {
    await assert.rejects(sourceFiles(dir), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, /user_data\.jsonl or user_data\.csv\?/);
      return true;
    });
  }));

Deno.test("a folder that does not exist is wrong usage", async () => {
  await assert.rejects(sourceFiles("/nowhere/at/all"), UsageError);
});
