/**
 * Judge: Apache Spark with Delta, running the generated notebooks over the list of cases in
 * tests/records: the objects, packed and not, that the three cleaning notebooks of the batch read,
 * and the values that the streaming notebook follows, in two micro-batches.
 */
import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { writeDatabricksFiles } from "../../pipelines/deploy/databricks/mod.ts";
import { type TableName, tableNames } from "../../pipelines/tables.ts";
import { modelsByName } from "../../pipelines/warehouse/models.ts";
import { type Given, id, MemoryObjects } from "../pipelines/batch/landed_objects.ts";
import { bytesOf, sequence, shardId } from "../pipelines/stream/streaming.ts";
import { type Case, notJson, notUtf8 } from "../records/notation.ts";
import {
  assertJudged,
  type Judged,
  landCases,
  type Outcome,
  valuesOf,
} from "../records/placing.ts";
import { change, downloadedColumn } from "../sql/changes.ts";
import { reopen } from "./delta_tables.ts";
import { type SourceRecord, writeRecordFile } from "./notebook_world.ts";
import { onSpark, schema } from "./spark_notebooks.ts";

const bucket = `user-${id}-bucket`;

type Places = Map<string, Case>;

async function writeObjects(folder: string): Promise<Record<TableName, Places>> {
  const objects = new MemoryObjects();
  const places = Object.fromEntries(
    tableNames.map((table) => [table, landCases(objects, table)]),
  ) as Record<TableName, Places>;
  for (const [key, body] of objects.bodies) {
    const path = `${folder}/${key}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(path, body);
  }
  return places;
}

function streamed(table: TableName, given: Given, n: number): SourceRecord {
  return {
    partitionKey: "1",
    data: bytesOf(given).toBase64(),
    stream: `streaming-${id}-${table}`,
    shardId: shardId(0),
    sequenceNumber: sequence(n),
    approximateArrivalTimestamp: "2020-01-02T03:04:05.000Z",
  };
}

/** The first of the two files is the first micro-batch. */
async function writeValues(folder: string): Promise<void> {
  for (const table of tableNames) {
    const records = valuesOf(table).map(({ given }, n) => streamed(table, given, n));
    const half = records.length >> 1;
    await writeRecordFile(`${folder}/${table}`, 0, records.slice(0, half));
    await writeRecordFile(`${folder}/${table}`, 1, records.slice(half));
  }
}

/** Notebooks of other tables: as the models are now, and with a column more in `pin`. */
async function bundlesBeforeAndAfter(folder: string): Promise<[string, string]> {
  const sql = `${folder}/sql`;
  await cp(new URL("../../sql", import.meta.url), sql, { recursive: true });
  await change(`${sql}/clean/pin.sql`, ...downloadedColumn);
  const names = { id: laterId, bucket, region: "us-east-1" };
  await writeDatabricksFiles(`${folder}/before`, names);
  await writeDatabricksFiles(`${folder}/after`, { ...names, models: await modelsByName(sql) });
  return [`${folder}/before/notebooks/stream.py`, `${folder}/after/notebooks/stream.py`];
}

const laterId = "1a7e00000000";

/** What comes before the column, and what comes with it: keys that are known, and a new one. */
async function writePins(before: string, after: string): Promise<void> {
  const pin = (index: number, downloaded: number, n: number) =>
    streamed("pin", { index, title: `Pin ${index}`, downloaded }, n);
  for (const table of tableNames) await Deno.mkdir(`${before}/${table}`, { recursive: true });
  await writeRecordFile(`${before}/pin`, 0, [pin(1, 0, 0), pin(2, 0, 1)]);
  await writeRecordFile(`${after}/pin`, 1, [
    ...[pin(1, 7, 2), pin(2, 7, 3), pin(3, 1, 4), pin(3, 2, 5), pin(3, 1, 6)],
  ]);
  await writeRecordFile(`${after}/pin`, 2, [pin(3, 3, 7), pin(3, 1, 8), pin(1, 8, 9)]);
}

async function rowsOf(dir: string): Promise<Record<string, unknown>[]> {
  await using opened = await reopen(dir);
  return await opened.db.rows(`from ${await opened.table.scan()}`);
}

const reasonOf = (row: Record<string, unknown>): string => String(row["reason"]);

/** The notebooks keep no list of duplicates: of a key, all but the first that is not rejected. */
function outcomeOf(
  places: Places,
  reasons: ReadonlyMap<string, string>,
  rows: Outcome["rows"],
): Outcome {
  const seen = new Set<number>();
  const verdicts: Record<string, string> = {};
  for (const [place, { key, row }] of places) {
    const signed = row !== null && rows.some(({ ind }) => Number(ind) === -key) ? -key : key;
    verdicts[place] = reasons.get(place) ?? (seen.has(signed) ? "duplicate" : "kept");
    if (!reasons.has(place)) seen.add(signed);
  }
  return { verdicts, rows };
}

Deno.test("Spark judges every record as the list of cases has it", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "records-" });
  await writeDatabricksFiles(`${folder}/bundle`, { id, bucket, region: "us-east-1" });
  const notebooks = `${folder}/bundle/notebooks`;
  const places = await writeObjects(`${folder}/bucket`);
  await writeValues(`${folder}/records`);
  const checkpoints = `${folder}/checkpoints`;
  const [before, after] = await bundlesBeforeAndAfter(folder);
  await writePins(`${folder}/pins`, `${folder}/later-pins`);
  const widgets = { catalog: "spark_catalog", schema, checkpoints, trigger: "available now" };
  const stream = { widgets, records: `${folder}/records`, filesPerBatch: 1 };
  const pins = { ...stream, records: `${folder}/pins` };
  await onSpark(folder, [
    ...tableNames.map((table) => ({
      notebook: `${notebooks}/clean_${table}.sql`,
      parameters: { schema },
      bucket: `${folder}/bucket`,
    })),
    { ...stream, notebook: `${notebooks}/stream.py` },
    { ...pins, notebook: before },
    { ...pins, notebook: after, arrive: `${folder}/later-pins` },
  ]);
  const tables = `${folder}/warehouse/${schema}.db`;

  await t.step("the batch notebook, from objects", async () => {
    const judged: Judged[] = [];
    for (const table of tableNames) {
      const rejects = await rowsOf(`${tables}/rejects_${table}`);
      const reasons = new Map(
        rejects.map((row) => [`${row["topic_partition"]}:${row["topic_offset"]}`, reasonOf(row)]),
      );
      // What the sink could not decode is in no object of the topic.
      const landed = new Map(
        [...places[table]].filter(([, { enters, reason }]) =>
          enters !== "value" || (reason !== notJson && reason !== notUtf8)
        ),
      );
      judged.push([landed, outcomeOf(landed, reasons, await rowsOf(`${tables}/${table}`))]);
      assert.equal(rejects.length, [...landed.values()].filter((one) => one.reason).length);
    }
    assertJudged("batch notebook, Spark", judged);
  });

  await t.step("the streaming notebook, from values", async () => {
    const judged: Judged[] = [];
    const rejects = await rowsOf(`${tables}/${id}_rejects_table`);
    for (const table of tableNames) {
      const reasons = new Map(
        rejects.filter((row) => row["table"] === table).map((row) => [
          String(BigInt(String(row["sequence_number"])) - BigInt(sequence(0))),
          reasonOf(row),
        ]),
      );
      const values = new Map(valuesOf(table).map((one, at) => [String(at), one]));
      const rows = await rowsOf(`${tables}/${id}_${table}_table`);
      judged.push([values, outcomeOf(values, reasons, rows)]);
    }
    assertJudged("streaming notebook, Spark", judged);
  });

  await t.step("a table takes a column, and older rows are compared without it", async () => {
    const rows = await rowsOf(`${tables}/${laterId}_pin_table`);
    const found = rows.map((row) => [Number(row["ind"]), row["title"], row["downloaded"]]);
    assert.deepEqual(found.sort(), [[1, "Pin 1", null], [2, "Pin 2", null], [3, "Pin 3", "1"]]);
    const rejects = await rowsOf(`${tables}/${laterId}_rejects_table`);
    assert.deepEqual(rejects.map((row) => [row["sequence_number"], row["reason"]]).sort(), [
      [sequence(5), "ind was seen before with other content: 3"],
      [sequence(7), "ind was seen before with other content: 3"],
    ]);
  });
  await Deno.remove(folder, { recursive: true });
});
