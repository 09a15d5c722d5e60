import assert from "node:assert/strict";
import {
  identity,
  literal,
  readCell,
  showValue,
  typeName,
} from "../../../pipelines/check/cells.ts";
import { openDuckDb, type Value } from "../../../pipelines/warehouse/duckdb.ts";

const bare = (text: string, type: string) => readCell({ kind: "bare", text }, type);
const typed = (value: Value, type: string) => readCell({ kind: "value", value }, type);

const readable: [text: string, type: string, value: Value][] = [
  ["2k", "VARCHAR", "2k"],
  ["12", "VARCHAR", "12"],
  ["null", "VARCHAR", null],
  ["-007", "INTEGER", -7],
  ["2147483647", "INTEGER", 2147483647],
  ["9223372036854775807", "BIGINT", 9223372036854775807n],
  ["-9223372036854775808", "BIGINT", -9223372036854775808n],
  ["2.5", "DOUBLE", 2.5],
  ["1e-05", "DOUBLE", 0.00001],
  ["NaN", "DOUBLE", NaN],
  ["0.1", "FLOAT", Math.fround(0.1)],
  ["1.5", "DECIMAL(10,2)", "1.50"],
  ["-0.10", "DECIMAL(10,3)", "-0.100"],
  ["7", "DECIMAL(10,0)", "7"],
  ["true", "BOOLEAN", true],
  ["2020-02-29", "DATE", "2020-02-29"],
  ["2020-08-28 03:52:47", "TIMESTAMP WITH TIME ZONE", "2020-08-28T03:52:47Z"],
  ["2020-08-28T03:52:47.250Z", "TIMESTAMP WITH TIME ZONE", "2020-08-28T03:52:47.25Z"],
  ["2020-08-28 03:52:47.123456+05:30", "TIMESTAMP WITH TIME ZONE", "2020-08-27T22:22:47.123456Z"],
  ["1969-12-31 23:59:59.5", "TIMESTAMP WITH TIME ZONE", "1969-12-31T23:59:59.5Z"],
  ["2020-08-28 03:52", "TIMESTAMP", "2020-08-28T03:52:00"],
  ["[1.5, null]", "DOUBLE[]", [1.5, null]],
  ['["a", "b|c"]', "VARCHAR[]", ["a", "b|c"]],
  ["0x00ff", "BLOB", new Uint8Array([0, 255])],
];

Deno.test("a cell of each type is what the engine returns for it", async () => {
  await using db = await openDuckDb({ threads: 1 });
  for (const [text, type, value] of readable) {
    assert.deepEqual(bare(text, type), value);
    const { rows } = await db.table(`SELECT CAST(${literal(value, type)} AS ${type})`);
    assert.equal(identity(rows[0]?.[0] ?? null, type), identity(value, type), text);
  }
});

const refused: [text: string, type: string][] = [
  ["1.5", "INTEGER"],
  ["2147483648", "INTEGER"],
  ["1e3", "INTEGER"],
  ["ten", "INTEGER"],
  ["1,5", "DOUBLE"],
  ["1.505", "DECIMAL(10,2)"],
  ["yes", "BOOLEAN"],
  ["2021-02-29", "DATE"],
  ["2020-13-01 00:00:00", "TIMESTAMP WITH TIME ZONE"],
  ["noon", "TIMESTAMP WITH TIME ZONE"],
  ["[1, x]", "DOUBLE[]"],
  ["1", "DOUBLE[]"],
];

for (const [text, type] of refused) {
  Deno.test(`the cell ${text} is no ${typeName(type)}`, () => {
    assert.throws(() => bare(text, type), SyntaxError);
  });
}

Deno.test("a quoted text is never a number, and a number never a text", () => {
  assert.equal(typed("2015", "VARCHAR"), "2015");
  assert.throws(() => typed("2015", "INTEGER"), /"2015" is no int: it is a text/);
  assert.throws(() => typed(2015, "VARCHAR"), /2015 is no string/);
  assert.throws(() => typed(1.5, "INTEGER"), SyntaxError);
  assert.throws(() => typed(true, "INTEGER"), SyntaxError);
  assert.equal(typed("2020-01-01", "DATE"), "2020-01-01");
  assert.deepEqual(typed([1, 2], "BIGINT[]"), [1, 2]);
  assert.throws(() => typed(["1"], "BIGINT[]"), SyntaxError);
});

Deno.test("a value is shown as a table would write it, blanks and odd signs in quotes", () => {
  const shown = ["a b", "", " a", "null", "a|b", "a\u00a0", '"q"', null, 1.5, [1, null]];
  assert.deepEqual(
    shown.map(showValue),
    ["a b", '""', '" a"', '"null"', '"a|b"', '"a\u00a0"', '"\\"q\\""', "null", "1.5", "[1, null]"],
  );
});

Deno.test("doubles are equal to 15 digits, texts and lists by all they hold", () => {
  assert.equal(identity(0.1 + 0.2, "DOUBLE"), identity(0.3, "DOUBLE"));
  assert.notEqual(identity(0.1, "DOUBLE"), identity(0.1000000001, "DOUBLE"));
  assert.notEqual(identity("1", "VARCHAR"), identity(1, "INTEGER"));
  assert.notEqual(identity("null", "VARCHAR"), identity(null, "VARCHAR"));
  assert.notEqual(identity(["a,b"], "VARCHAR[]"), identity(["a", "b"], "VARCHAR[]"));
});
