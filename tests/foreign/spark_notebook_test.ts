/**
 * Judge: Apache Spark with Delta, running the generated notebooks.
 *
 * The streaming notebook follows files in place of Kinesis: a run that dies in the middle of a
 * micro-batch, one that goes on from there, and one that has lost its checkpoints and reads
 * everything once more. The batch notebook reads the objects that `task batch` landed. Both must
 * end with the tables, rejects and answers of our own pipelines.
 */
import assert from "node:assert/strict";
import { writeDatabricksFiles } from "../../pipelines/deploy/databricks/mod.ts";
import { modelsByName, questionsOf } from "../../pipelines/warehouse/models.ts";
import { tables } from "../simulation/stream_source.ts";
import { type JsonRow, ourRows, sorted } from "./delta_judge.ts";
import { reopen } from "./delta_tables.ts";
import { type NotebookWorld, notebookWorld, writeRecordFile } from "./notebook_world.ts";
import { onSpark, schema } from "./spark_notebooks.ts";
import { quoted } from "../../pipelines/warehouse/quoting.ts";

const posts = 300;
async function rowsOf(dir: string): Promise<JsonRow[]> {
  await using opened = await reopen(dir);
  return await ourRows(opened.db, opened.table);
}

async function notebooksOf(world: NotebookWorld, folder: string): Promise<string> {
  const { id, bucket } = world;
  await writeDatabricksFiles(`${folder}/bundle`, { id, bucket, region: "us-east-1" });
  return `${folder}/bundle/notebooks`;
}

Deno.test("Spark runs the generated notebooks", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "notebooks-" });
  const world = await notebookWorld(folder, posts);
  const notebooks = await notebooksOf(world, folder);
  for (const table of tables) {
    const [given, odd] = world.records[table];
    await writeRecordFile(`${folder}/records/${table}`, 0, given);
    await writeRecordFile(`${folder}/later/${table}`, 1, odd);
  }
  const checkpoints = `${folder}/checkpoints`;
  const stream = {
    notebook: `${notebooks}/stream.py`,
    widgets: { catalog: "spark_catalog", schema, checkpoints, trigger: "available now" },
    records: `${folder}/records`,
  };
  const batch = {
    notebook: `${notebooks}/batch.sql`,
    parameters: { schema },
    bucket: world.bucketDir,
  };
  const [first, ...others] = await onSpark(folder, [
    // Its rejects are committed, its rows are not.
    { ...stream, filesPerBatch: 1, failAt: `insert into \`${world.id}_pin_table\`` },
    { ...stream, filesPerBatch: 1, arrive: `${folder}/later` },
    { ...stream, filesPerBatch: 9, forget: checkpoints },
    batch,
  ]);
  const tablesDir = `${folder}/warehouse/${schema}.db`;

  await t.step("the streaming notebook ends with the rows and rejects of `stream`", async () => {
    for (const table of [...tables, "rejects"] as const) {
      const theirs = await rowsOf(`${tablesDir}/${world.id}_${table}_table`);
      const ours = await rowsOf(world.streamed.tables[table]?.localPath ?? "");
      assert.ok(ours.length > 100, table);
      assert.deepEqual(sorted(theirs.map(withKind)), sorted(ours.map(withKind)), table);
    }
  });

  await t.step("the batch notebook ends with the tables and answers of `batch`", async () => {
    for (const table of tables) {
      await assertSame(`${tablesDir}/${table}`, `${world.batchOut}/clean/${table}.parquet`);
    }
    for (const { name } of questionsOf(await modelsByName())) {
      await assertSame(`${tablesDir}/${name}`, `${world.batchOut}/answers/${name}.parquet`);
    }
    for (const table of tables) await assertSameRejects(`${tablesDir}/rejects_${table}`, world);
  });

  await t.step("no cell of either was left out", () => {
    assert.ok(first?.cells.includes("Source"));
    assert.ok(others.at(-1)?.cells.includes("All rejects in one view"));
  });
  await Deno.remove(folder, { recursive: true });
});

/** The particulars of a reason are for people: Spark spells the number 1e30 in another way. */
function withKind(row: JsonRow): JsonRow {
  return "reason" in row ? { ...row, reason: kindOf(row["reason"]) } : row;
}

const kindOf = (reason: unknown) => String(reason).split(": ")[0] ?? "";

/** A Delta table and a Parquet file hold the same rows. */
async function assertSame(dir: string, file: string): Promise<void> {
  await using opened = await reopen(dir);
  const { db, table } = opened;
  const [theirs, ours] = [await table.scan(), `read_parquet('${file}')`];
  const names = table.columns.map(({ name }) => quoted(name)).join(", ");
  const rows = await db.rows(`select
    (select count(*) from ${ours}) as ours,
    (select count(*) from (select ${names} from ${theirs}
      except all select ${names} from ${ours})) as only_theirs,
    (select count(*) from (select ${names} from ${ours}
      except all select ${names} from ${theirs})) as only_ours`);
  assert.ok(Number(rows[0]?.["ours"]) > 0, dir);
  assert.deepEqual([rows[0]?.["only_theirs"], rows[0]?.["only_ours"]].map(Number), [0, 0], dir);
}

/** The same records, each at its place; only ours say where the first of a key landed. */
async function assertSameRejects(dir: string, { batchOut }: NotebookWorld): Promise<void> {
  await using opened = await reopen(dir);
  const { db, table } = opened;
  const theirs = await db.rows(
    `select table_name, reason, topic, topic_partition, topic_offset, bytes
    from ${await table.scan()}`,
  );
  const ours = await db.rows(`select "table" as table_name, split_part(reason, ', first', 1)
      as reason, topic, partition as topic_partition, "offset" as topic_offset, bytes
    from read_parquet('${batchOut}/rejects.parquet')
    where "table" = '${theirs[0]?.["table_name"]}'`);
  const lines = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort();
  assert.ok(ours.length > 10, dir);
  assert.deepEqual(lines(theirs), lines(ours), dir);
}
