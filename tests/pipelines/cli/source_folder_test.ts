import assert from "node:assert/strict";
import { sourceFiles } from "../../../pipelines/cli/source_folder.ts";
import { UsageError } from "../../../pipelines/errors.ts";
import type { TableName } from "../../../pipelines/tables.ts";

/** A folder with files of one byte; what ends in `0` has none. */
async function folderWith(names: string[], work: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    for (const name of names) {
      const path = `${dir}/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(path.replace(/ empty$/, ""), name.endsWith(" empty") ? "" : "x");
    }
    await work(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function refused(names: string[], said: RegExp, without: TableName[] = []): Promise<void> {
  await folderWith(names, async (dir) => {
    await assert.rejects(sourceFiles(dir, without), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, said);
      return true;
    });
  });
}

Deno.test("each table may come in a format, a spelling and a packing of its own", () =>
  folderWith(["PINTEREST_DATA.CSV.GZ", "geo.tsv", "User.Parquet", "notes.txt"], async (dir) => {
    assert.deepEqual(await sourceFiles(dir), {
      pinterest_data: `${dir}/PINTEREST_DATA.CSV.GZ`,
      geolocation_data: `${dir}/geo.tsv`,
      user_data: `${dir}/User.Parquet`,
    });
  }));

Deno.test("part files of Spark are one table, in the order of their names", () =>
  folderWith([
    "pinterest_data/part-00001-3f-c000.snappy.parquet",
    "pinterest_data/part-00000-3f-c000.snappy.parquet",
    "pinterest_data/.part-00000-3f-c000.snappy.parquet.crc",
    "pinterest_data/_SUCCESS",
    "geo.csv/part-00000-3f-c000.csv empty",
    "geo.csv/part-00001-3f-c000.csv.gz",
    "USER_DATA/part-00000.json",
  ], async (dir) => {
    assert.deepEqual(await sourceFiles(dir), {
      pinterest_data: [
        `${dir}/pinterest_data/part-00000-3f-c000.snappy.parquet`,
        `${dir}/pinterest_data/part-00001-3f-c000.snappy.parquet`,
      ],
      geolocation_data: [`${dir}/geo.csv/part-00001-3f-c000.csv.gz`],
      user_data: [`${dir}/USER_DATA/part-00000.json`],
    });
  }));

Deno.test("a folder of parts without any is refused", () =>
  refused(["pin/_SUCCESS", "geo.csv", "user.csv"], /No rows in the folder .*\/pin: .*part-[*]/));

Deno.test("a table that is missing is named, with what was looked for and how to do without", () =>
  refused(
    ["pins.csv", "pinterest_data.csv"],
    /^No geolocation_data\.\*, user_data\.\* in .*parquet.*geo\.\*, user\.\*.*--without geo,user/,
  ));

Deno.test("a folder without any table is not told to leave all of them out", () =>
  folderWith(["pins.csv"], async (dir) => {
    await assert.rejects(
      sourceFiles(dir),
      ({ message }: Error) => /^No pinterest_data/.test(message) && !message.includes("--without"),
    );
  }));

Deno.test("a table that is left out is not looked for, and not read", () =>
  folderWith(["pin.csv", "geo.csv"], async (dir) => {
    const files = await sourceFiles(dir, ["geo", "user"]);
    assert.deepEqual(files, { pinterest_data: `${dir}/pin.csv` });
  }));

Deno.test("two files of one table are refused: nobody knows which one was meant", async () => {
  const others = ["geo.csv", "pin.csv"];
  for (
    const [one, another] of [
      ["user_data.csv", "user_data.jsonl"],
      ["user.csv", "user_data.csv"],
      ["USER.csv", "user.csv.gz"],
      ["user_data.csv/part-0.csv", "user_data.parquet"],
    ]
  ) {
    const names = [one, another].map((name) => name?.split("/")[0]).join(" or ");
    await refused([...others, one!, another!], new RegExp(`Which one is user_data .*: ${names}`));
  }
});

Deno.test("a folder with a dump of SQL is told what to do with it", () =>
  refused(["backup.sql.gz"], /backup[.]sql[.]gz: a dump.*Load it into a MySQL server/));

Deno.test("a folder that does not exist is wrong usage", async () => {
  await assert.rejects(sourceFiles("/nowhere/at/all"), UsageError);
});
