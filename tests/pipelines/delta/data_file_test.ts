import assert from "node:assert/strict";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { statsText, writeDataFile } from "../../../pipelines/delta/data_file.ts";
import { conform, queryColumns } from "../../../pipelines/delta/schema.ts";
import { arrayOf, type DeltaColumn, type DeltaType } from "../../../pipelines/delta/mod.ts";
import { openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import { withFolder } from "./helper.ts";

const columnsOf = (types: Record<string, DeltaType>): DeltaColumn[] =>
  Object.entries(types).map(([name, type]) => ({ name, type }));

/** Writes a file; returns its bytes and what the log would say of it. */
async function write(query: string, columns: DeltaColumn[]) {
  let written: { bytes: Uint8Array; stats: string } | undefined;
  await withFolder(async (dir) => {
    await using db = await openDuckDb({ threads: 1 });
    const conformed = conform(query, await queryColumns(db, query), columns, "t");
    const file = await writeDataFile(db, conformed, columns, `${dir}/part.parquet`);
    assert.ok(file !== null);
    const bytes = await Deno.readFile(file.localPath);
    assert.equal(file.size, bytes.length);
    written = { bytes, stats: file.stats };
  });
  return written!;
}

Deno.test("An independent reader sees the types that Delta readers expect", async () => {
  const columns = columnsOf({
    ...{ i: "integer", l: "long", s: "short", b: "byte", f: "float", d: "double", t: "string" },
    ...{ flag: "boolean", day: "date", seen: "timestamp", raw: "binary", price: "decimal(10,2)" },
    list: arrayOf("double"),
  });
  const { bytes } = await write(
    `SELECT 1 AS i, 2::BIGINT AS l, 3::SMALLINT AS s, 4::TINYINT AS b, 1.5::FLOAT AS f,
       2.5::DOUBLE AS d, 'é' AS t, true AS flag, DATE '2020-02-29' AS day,
       TIMESTAMPTZ '2018-01-02 03:04:05.678901Z' AS seen, 'ab'::BLOB AS raw,
       1.25::DECIMAL(10, 2) AS price, [1.5::DOUBLE, NULL] AS list`,
    columns,
  );
  const { schema } = parquetMetadata(bytes.slice().buffer);
  const of = (name: string) => schema.find((element) => element.name === name);
  assert.deepEqual(
    ["i", "l", "s", "b", "f", "d", "t", "seen", "day", "price"].map((name) => [
      name,
      of(name)?.type,
      of(name)?.converted_type,
      of(name)?.repetition_type,
    ]),
    [
      ["i", "INT32", "INT_32", "OPTIONAL"],
      ["l", "INT64", "INT_64", "OPTIONAL"],
      ["s", "INT32", "INT_16", "OPTIONAL"],
      ["b", "INT32", "INT_8", "OPTIONAL"],
      ["f", "FLOAT", undefined, "OPTIONAL"],
      ["d", "DOUBLE", undefined, "OPTIONAL"],
      ["t", "BYTE_ARRAY", "UTF8", "OPTIONAL"],
      ["seen", "INT64", "TIMESTAMP_MICROS", "OPTIONAL"],
      ["day", "INT32", "DATE", "OPTIONAL"],
      ["price", "INT64", "DECIMAL", "OPTIONAL"],
    ],
  );
  assert.deepEqual(of("seen")?.logical_type, {
    type: "TIMESTAMP",
    isAdjustedToUTC: true,
    unit: "MICROS",
  });
  const [row] = await parquetReadObjects({ file: bytes.slice().buffer });
  assert.deepEqual(row?.["list"], [1.5, null]);
  assert.equal(row?.["t"], "é");
  assert.equal(row?.["l"], 2n);
  assert.equal(row?.["seen"].toISOString(), "2018-01-02T03:04:05.678Z");
});

Deno.test("Statistics bound what is in the file, exactly, and are left out where they cannot", async () => {
  const long = "x".repeat(32);
  const { stats } = await write(
    `SELECT * FROM (VALUES
       (-5, -9223372036854775807, 0.1::DOUBLE, 'nan'::DOUBLE, 'inf'::DOUBLE, 'abc', 'é', '${long}',
        DATE '1969-12-31', TIMESTAMPTZ '1969-12-31 23:59:59.999999Z', NULL::INTEGER, true, 1.50::DECIMAL(10,2), [1.5::DOUBLE]),
       (7, 9007199254740993, 1e300, 1, 1, 'abd', 'a', 'a',
        DATE '2020-02-29', TIMESTAMPTZ '2020-01-01 00:00:00.123456Z', NULL, false, -0.01, NULL)
     ) v(i, big, d, nan, inf, t, uni, longer, day, seen, none, flag, price, list)`,
    columnsOf({
      ...{ i: "integer", big: "long", d: "double", nan: "double", inf: "double", t: "string" },
      ...{ uni: "string", longer: "string", day: "date", seen: "timestamp", none: "integer" },
      ...{ flag: "boolean", price: "decimal(10,2)", list: arrayOf("double") },
    }),
  );
  assert.ok(stats.includes(`"big":9007199254740993`), "not rounded");
  assert.ok(stats.includes(`"big":-9223372036854775807`));
  const parsed = JSON.parse(stats);
  const { big: _min, ...min } = parsed.minValues;
  const { big: _max, ...max } = parsed.maxValues;
  assert.equal(parsed.numRecords, 2);
  assert.deepEqual(min, {
    i: -5,
    d: 0.1,
    t: "abc",
    day: "1969-12-31",
    seen: "1969-12-31T23:59:59.999Z",
    price: -0.01,
  });
  assert.deepEqual(max, {
    i: 7,
    d: 1e300,
    t: "abd",
    day: "2020-02-29",
    seen: "2020-01-01T00:00:00.124Z",
    price: 1.5,
  });
  const { list, ...nulls } = parsed.nullCount;
  assert.equal(list, undefined);
  assert.deepEqual(nulls, {
    ...{ i: 0, big: 0, d: 0, nan: 0, inf: 0, t: 0, uni: 0, longer: 0, day: 0, seen: 0, none: 2 },
    ...{ flag: 0, price: 0 },
  });
});

Deno.test("A bound of a time is cut below and rounded up above, over the second and the year", () => {
  const bounds = (min: string, max: string) => {
    const report = new Map([["t", { min, max, null_count: "0" }]]);
    const { minValues, maxValues } = JSON.parse(
      statsText(1, [{ name: "t", type: "timestamp" }], report),
    );
    return [minValues.t, maxValues.t];
  };
  assert.deepEqual(bounds("2020-01-01 00:00:00+00", "2020-01-01 00:00:00+00"), [
    "2020-01-01T00:00:00.000Z",
    "2020-01-01T00:00:00.000Z",
  ]);
  assert.deepEqual(bounds("2020-12-31 23:59:59.9999+00", "2020-12-31 23:59:59.9999+00"), [
    "2020-12-31T23:59:59.999Z",
    "2021-01-01T00:00:00.000Z",
  ]);
  assert.deepEqual(bounds("2020-01-01 00:00:00.5+00", "2020-01-01 00:00:00.001+00"), [
    "2020-01-01T00:00:00.500Z",
    "2020-01-01T00:00:00.001Z",
  ]);
  for (const odd of ["infinity", "0044-03-15 (BC) 00:00:00+00", "10000-01-01 00:00:00+00"]) {
    assert.deepEqual(bounds("2020-01-01 00:00:00+00", odd), [undefined, undefined]);
  }
});

Deno.test("A column's name with quotes and dots keeps its own statistics", () => {
  const name = `a"b.c`;
  const text = statsText(3, [{ name, type: "long" }], new Map([[name, { min: "1", max: "2" }]]));
  assert.deepEqual(JSON.parse(text), {
    numRecords: 3,
    minValues: { [name]: 1 },
    maxValues: { [name]: 2 },
    nullCount: {},
  });
});
