import assert from "node:assert/strict";
import { MysqlError } from "../../../../sim/mysql/errors.ts";
import { splitStatements, tokenize } from "../../../../sim/mysql/sql/tokens.ts";

const read = (sql: string) => tokenize(sql).slice(0, -1).map(({ kind, value }) => [kind, value]);

Deno.test("names in backticks and texts in either quotes are told apart", () => {
  assert.deepEqual(read("select `a``b`, 'it''s', \"d\"\"q\""), [
    ["word", "select"],
    ["name", "a`b"],
    ["sign", ","],
    ["text", "it's"],
    ["sign", ","],
    ["text", 'd"q'],
  ]);
});

Deno.test("backslashes escape as in MySQL, and wildcards keep theirs", () => {
  assert.deepEqual(read(String.raw`'\'\\\n\t\0\Z\x\%\_'`), [
    ["text", "'\\\n\t\0\x1ax\\%\\_"],
  ]);
});

Deno.test("comments are skipped, those with an exclamation mark are read", () => {
  const sql = "/* a */ set # b\n names -- c\n /*!40101 utf8mb4 */ 1--1";
  assert.deepEqual(read(sql).map(([, value]) => value), [
    ...["set", "names", "utf8mb4", "1", "-", "-", "1"],
  ]);
});

Deno.test("numbers, hex literals, parameters and variables are tokens", () => {
  assert.deepEqual(read("1.5e-3 0x4142 x'41' ? @a @@session.b 1st"), [
    ["number", "1.5e-3"],
    ["hex", "4142"],
    ["hex", "41"],
    ["parameter", "?"],
    ["variable", "@a"],
    ["variable", "@@session.b"],
    ["word", "1st"],
  ]);
});

for (const sql of ["select a::int", "select {1}", "select [1]", "select 'a", "select `a", "/* a"]) {
  Deno.test(`${sql} is a syntax error, as in MySQL`, () => {
    assert.throws(
      () => tokenize(sql),
      (error) => error instanceof MysqlError && error.errno === 1064,
    );
  });
}

Deno.test("statements are split at semicolons, not within texts; empty ones vanish", () => {
  const statements = splitStatements(tokenize(";select ';' ; ; select 2;"));
  assert.deepEqual(
    statements.map((tokens) => tokens.map(({ value }) => value)),
    [["select", ";", ""], ["select", "2", ""]],
  );
});
