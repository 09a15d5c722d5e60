/** The content hash: what it sees and what it does not, and its two spellings. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalNumber, canonicalText, contentHash } from "../../../pipelines/record/content.ts";
import { contentHashOf, readLines } from "../../../pipelines/record/duckdb_reading.ts";
import { contentHash as inSql } from "../../../pipelines/record/spelling.ts";
import { sourceTables, tableNames } from "../../../pipelines/tables.ts";
import { openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import { lint, rewriteForDuckDb } from "../../../sql/dialect/mod.ts";
import { literal } from "../../../pipelines/warehouse/quoting.ts";

/** A spelling, and what it is made: by the rule, by hand. */
const numbers: readonly [given: string, canonical: string][] = [
  ["7", "7"],
  ["7528.0", "7528"],
  ["-89.97870", "-89.9787"],
  ["0.10", "0.1"],
  ["-0", "0"],
  ["-0.00", "0"],
  ["-0.50", "-0.5"],
  ["-0e0", "0"],
  ["-0.0e2", "0"],
  ["-0.00e50", "0e50"],
  ["-0.e50", "0e50"],
  ["-0.50e50", "-0.5e50"],
  ["1e2", "100"],
  ["1E+02", "100"],
  ["1.5e3", "1500"],
  ["15E-1", "1.5"],
  ["1e-07", "0.0000001"],
  ["1.2345678E7", "12345678"],
  ["1.25e15", "1250000000000000"],
  ["-2.50E-3", "-0.0025"],
  ["0e5", "0"],
  ["1.50E+25", "1.5e25"],
  ["1e16", "10000000000000000"],
  ["1.5E20", "150000000000000000000"],
  ["12e16", "12e16"],
  ["1e21", "1e21"],
  ["5e-324", "5e-324"],
  ["12345678901234567890123", "12345678901234567890123"],
  ["1e1000", "1e1000"],
  ["User Info Error", "User Info Error"],
  ["1.2.0", "1.2.0"],
  [" 7.0", " 7.0"],
  ["1.", "1."],
];

Deno.test("canonicalNumber gives one number one spelling, and leaves all else alone", () => {
  for (const [given, canonical] of numbers) assert.equal(canonicalNumber(given), canonical, given);
});

Deno.test("the hash in SQL is of the subset that means the same on every engine", () => {
  for (const table of tableNames) {
    assert.deepEqual(lint(`select ${inSql(table)} as hash from landed`), []);
  }
});

Deno.test("contentHash is the hash that SQL computes of the columns", async () => {
  await using db = await openDuckDb();
  const exact = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), {
    numRuns: 200,
    seed: 4,
  });
  const texts = [...numbers.map(([given]) => given), ...exact.map(String)];
  const rows = texts.map((ind) => ({ ind, age: ind, last_name: null, date_joined: "" }));
  const values = rows.map(({ ind }) => `(${literal(ind)})`).join(", ");
  const found = await db.rows(rewriteForDuckDb(`select ${inSql("user")} as hash from (
    select col0 as ind, col0 as age, cast(null as string) as first_name,
      cast(null as string) as last_name, '' as date_joined from (values ${values}))`));
  for (const [at, row] of rows.entries()) {
    assert.equal(found[at]?.["hash"], contentHash("user", row), row.ind);
  }
});

Deno.test("contentHash is the hash of the record when it is read from JSON", async () => {
  await using db = await openDuckDb();
  const text = fc.oneof(
    fc.constant(null),
    fc.string({ unit: "grapheme", maxLength: 20 }),
    fc.integer(),
    fc.constantFrom("12", "12.0", " 7 ", "2k", "\u001e", "\u001f", "", "inf", "1e5", 'a"b\\c\n'),
  );
  const number = fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }));
  for (const table of tableNames) {
    const columns = sourceTables[table].columns.map(({ name, kind }) =>
      [name, kind === "number" ? number : text] as const
    );
    const rows = fc.sample(fc.record(Object.fromEntries(columns), { requiredKeys: [] }), {
      numRuns: 150,
      seed: 3,
    });
    const lines = rows.map((row) => `(${literal(JSON.stringify(row))})`).join(", ");
    const source = readLines(table, `(values ${lines}) as given(line)`);
    const found = await db.rows(`select line, ${contentHashOf(table)} as hash from ${source}`);
    for (const [at, row] of rows.entries()) {
      assert.equal(found[at]?.["hash"], contentHash(table, row), JSON.stringify(row));
    }
  }
});

Deno.test("canonicalText orders the known columns by name and marks what is missing", () => {
  const row = { age: 36, ind: "7.0", first_name: "Ann", last_name: null, other: "not counted" };
  assert.equal(canonicalText("user", row), ["36", "\x1e", "Ann", "7", "\x1e"].join("\x1f"));
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
