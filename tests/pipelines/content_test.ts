import assert from "node:assert/strict";
import { DuckDBInstance, VARCHAR } from "@duckdb/node-api";
import fc from "fast-check";
import { canonicalText, contentHash, doubleText, parseDouble } from "../../pipelines/content.ts";
import { sourceTables, tableNames } from "../../pipelines/tables.ts";

async function duckdb() {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  return {
    connection,
    [Symbol.dispose]() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** What DuckDB makes of each text: its double as text, or null; infinities and NaN are null. */
async function castByDuckdb(texts: string[]): Promise<(string | null)[]> {
  using engine = await duckdb();
  const sql = "select case when isfinite(try_cast($1 as double)) then " +
    "cast(try_cast($1 as double) as varchar) end";
  const prepared = await engine.connection.prepare(sql);
  const results: (string | null)[] = [];
  for (const text of texts) {
    prepared.bindVarchar(1, text);
    const [row] = (await prepared.runAndReadAll()).getRows();
    results.push(row?.[0] as string | null);
  }
  return results;
}

function castHere(text: string): string | null {
  const number = parseDouble(text);
  return Number.isFinite(number) ? doubleText(number) : null;
}

Deno.test("doubleText prints every double as DuckDB does", async () => {
  const doubles = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), {
    numRuns: 700,
    seed: 1,
  });
  const edges = [0, -0, 1, 7528, -89.9787, 1e-4, 1e-5, 1e-7, 9999999999999998, 1e15, 1e16, 1e17];
  const more = [1e21, 1e22, 1.5e300, 5e-324, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER, 0.1, 100.5];
  const all = [...edges, ...more, ...doubles, ...doubles.map((x) => Math.round(x % 1e6) / 100)];
  const texts = all.map((x) => Object.is(x, -0) ? "-0" : String(x));
  assert.deepEqual(all.map(doubleText), await castByDuckdb(texts));
});

Deno.test("parseDouble takes for a double exactly what DuckDB takes", async () => {
  const piece = fc.constantFrom("0", "1", "9", ".", "-", "+", "_", "e", "E", " ", "\t", "x", ",");
  const texts = fc.sample(fc.array(piece, { maxLength: 7 }).map((parts) => parts.join("")), {
    numRuns: 2_500,
    seed: 2,
  });
  const edges = ["", " 1 ", "+-1", "1_000", "1__0", "1._5", "1e1_0", "1e400", "-1e400", "1e-400"];
  const words = [
    "inf",
    "-inf",
    "nan",
    "NaN",
    "Infinity",
    "0x10",
    "0b1",
    "\u00a01",
    "1\v",
    "١",
    "1d",
  ];
  const all = [...edges, ...words, ...texts];
  assert.deepEqual(all.map(castHere), await castByDuckdb(all));
});

Deno.test("contentHash equals the hash that DuckDB computes from the landed JSON", async () => {
  using engine = await duckdb();
  const { connection } = engine;
  const text = fc.oneof(
    fc.constant(null),
    fc.string({ unit: "grapheme", maxLength: 20 }),
    fc.integer(),
    fc.constantFrom("12", "12.0", " 7 ", "2k", "\u001e", "\u001f", "", "inf", "1e5", 'a"b\\c\n'),
  );
  const number = fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }));
  for (const table of tableNames) {
    const columns = [...sourceTables[table].columns];
    const rows = fc.sample(
      fc.record(
        Object.fromEntries(
          columns.map(({ name, kind }) => [name, kind === "number" ? number : text]),
        ),
        { requiredKeys: [] },
      ),
      { numRuns: 150, seed: 3 },
    );
    const parts = columns.sort((a, b) => a.name < b.name ? -1 : 1).map(({ name, kind }) => {
      const text = `(j ->> '$."${name}"')`;
      const double = `try_cast(${text} as double)`;
      return kind === "number"
        ? `coalesce(case when isfinite(${double}) then cast(${double} as varchar) end, ` +
          `${text}, chr(30))`
        : `coalesce(${text}, chr(30))`;
    });
    const sql = `select md5(concat_ws(chr(31), ${parts.join(", ")})) from (select $1::json as j)`;
    const prepared = await connection.prepare(sql);
    for (const row of rows) {
      const json = JSON.stringify(row);
      prepared.bind([json], [VARCHAR]);
      const [found] = (await prepared.runAndReadAll()).getRows();
      assert.equal(contentHash(table, row), found?.[0], json);
    }
  }
});

Deno.test("canonicalText orders the known columns by name and marks what is missing", () => {
  const row = { age: 36, ind: "7.0", first_name: "Ann", last_name: null, other: "not counted" };
  assert.equal(
    canonicalText("user", row),
    ["36.0", "\x1e", "Ann", "7.0", "\x1e"].join("\x1f"),
  );
});

Deno.test("contentHash does not see field order, number spelling or unknown columns", () => {
  const posted = { ind: 7, timestamp: "2020-01-01 00:00:00", latitude: 12, country: "Peru" };
  const landed = { country: "Peru", latitude: "12.0", x: 1, timestamp: posted.timestamp, ind: 7 };
  assert.equal(contentHash("geo", posted), contentHash("geo", landed));
  assert.notEqual(contentHash("geo", posted), contentHash("geo", { ...landed, country: "Peru " }));
});

Deno.test("contentHash keeps an empty first column apart from a missing one", () => {
  const texts = [{ category: "" }, { category: null }, {}, { category: "\x1e" }];
  const [empty, isNull, missing] = texts.map((row) => contentHash("pin", row));
  assert.notEqual(empty, isNull);
  assert.equal(isNull, missing);
});
