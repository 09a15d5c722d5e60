import assert from "node:assert/strict";
import { encodeActions } from "../../../pipelines/delta/actions.ts";
import {
  arrayOf,
  type DeltaColumn,
  schemaString,
  UnsupportedTable,
} from "../../../pipelines/delta/mod.ts";
import { type Given, messageOf, withDisk } from "./helper.ts";

interface ForeignFile {
  /** As it stands in the log. */
  path: string;
  /** As it stands on the disk. */
  name: string;
  query: string;
  partitionValues?: Record<string, string | null>;
}

/** A table as some other writer could have left it. */
async function foreign(
  { db, storage, open }: Given,
  columns: DeltaColumn[],
  partitionColumns: string[],
  files: ForeignFile[],
) {
  for (const { name, query } of files) {
    const path = `${storage.uri}/${name}`;
    await Deno.mkdir(path.replace(/[^/]+$/, ""), { recursive: true });
    await db.run(`COPY (${query}) TO '${path.replaceAll("'", "''")}' (FORMAT parquet)`);
  }
  const metaData = {
    ...{ id: "0f", format: { provider: "parquet" }, schemaString: schemaString(columns) },
    ...{ partitionColumns, configuration: {} },
  };
  const adds = files.map(({ path, partitionValues = {} }) => ({
    add: { path, partitionValues, size: 1, modificationTime: 1, dataChange: true },
  }));
  const protocol = { minReaderVersion: 1, minWriterVersion: 2 };
  await storage.put(
    `_delta_log/${"0".repeat(20)}.json`,
    encodeActions([{ protocol }, { metaData }, ...adds]),
  );
  return await open();
}

Deno.test("Each file gives what it has: missing columns are null, strange ones are passed over", () =>
  withDisk(async (disk) => {
    const table = await foreign(
      disk,
      [{ name: "Id", type: "long" }, { name: "name", type: "string" }, {
        name: "d",
        type: "double",
      }],
      [],
      [
        { path: "a", name: "a", query: "SELECT 1::INTEGER AS id, 'one' AS name" },
        { path: "b", name: "b", query: "SELECT 'two' AS NAME, 99 AS strange, 2::BIGINT AS ID" },
        { path: "c", name: "c", query: "SELECT 3::BIGINT AS id, 1.5::FLOAT AS d" },
      ],
    );
    assert.deepEqual(await disk.db.rows(`FROM ${await table.scan()} ORDER BY "Id"`), [
      { Id: 1, name: "one", d: null },
      { Id: 2, name: "two", d: null },
      { Id: 3, name: null, d: 1.5 },
    ]);
    assert.deepEqual(table.files.map(({ rows }) => rows), [null, null, null]);
    const described = await disk.db.rows(
      `SELECT column_type AS type FROM (DESCRIBE SELECT * FROM ${await table.scan()})`,
    );
    assert.deepEqual(described.map(({ type }) => type), ["BIGINT", "VARCHAR", "DOUBLE"]);
  }));

Deno.test("Partition values come from the log, typed; empty text and null are null", () =>
  withDisk(async (disk) => {
    const values = (
      p: string | null,
      day: string | null,
      at: string | null,
      flag: string | null,
    ) => ({
      partitionValues: { p, day, at, flag },
    });
    const table = await foreign(
      disk,
      [
        ...[{ name: "n", type: "integer" as const }, { name: "p", type: "string" as const }],
        ...[{ name: "day", type: "date" as const }, { name: "at", type: "timestamp" as const }],
        { name: "flag", type: "boolean" },
      ],
      ["p", "day", "at", "flag"],
      [
        {
          path: "p=it's%2520%5B1%5D/part-*.parquet",
          name: "p=it's%20[1]/part-*.parquet",
          // Some writers leave the column in the file as well: the log is right.
          query: "SELECT 1 AS n, 'wrong' AS p",
          ...values("it's [1]", "2020-02-29", "2020-02-29 01:02:03.5", "true"),
        },
        {
          path: "two",
          name: "two",
          query: "SELECT 2 AS n",
          ...values("", null, "2020-02-29T01:02:03.000001Z", "false"),
        },
      ],
    );
    assert.deepEqual(await disk.db.rows(`SELECT * FROM ${await table.scan()} ORDER BY n`), [
      { n: 1, p: "it's [1]", day: "2020-02-29", at: "2020-02-29T01:02:03.5Z", flag: true },
      { n: 2, p: null, day: null, at: "2020-02-29T01:02:03.000001Z", flag: false },
    ]);
    await messageOf(table.append("SELECT 3 AS n"), UnsupportedTable);
  }));

Deno.test("Lists, structs and maps go out and come back, through a checkpoint and a compaction", () =>
  withDisk(async ({ create, open, db }) => {
    const columns: DeltaColumn[] = [
      { name: "places", type: arrayOf("double") },
      {
        name: "person",
        type: {
          type: "struct",
          fields: [{ name: "name", type: "string" }, { name: "ages", type: arrayOf("integer") }],
        },
      },
      {
        name: "counts",
        type: { type: "map", keyType: "string", valueType: "long", valueContainsNull: true },
      },
    ];
    const table = await create({ columns });
    await table.append(
      "SELECT [1.5::DOUBLE, NULL] AS places, {name: 'é', ages: [1, 2]} AS person, MAP {'a': 1::BIGINT} AS counts",
    );
    await table.append("SELECT []::DOUBLE[] AS places");
    await table.compact({ minFiles: 2 });
    await table.checkpoint();
    assert.deepEqual(
      await db.rows(`FROM ${await (await open()).scan()} ORDER BY len(places) DESC`),
      [
        { places: [1.5, null], person: { name: "é", ages: [1, 2] }, counts: { a: 1 } },
        { places: [], person: null, counts: null },
      ],
    );
  }));

Deno.test("A file named by its absolute address is refused for that", () =>
  withDisk(async (disk) => {
    const query = "SELECT 1 AS n";
    const files = [{ path: `file://${disk.storage.uri}/a`, name: "a", query }];
    const opening = foreign(disk, [{ name: "n", type: "integer" }], [], files);
    assert.match(await messageOf(opening, UnsupportedTable), /by its absolute address/);
  }));
