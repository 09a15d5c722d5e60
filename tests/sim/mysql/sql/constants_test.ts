import assert from "node:assert/strict";
import { constantRow } from "../../../../sim/mysql/sql/constants.ts";
import type { SqlContext } from "../../../../sim/mysql/sql/context.ts";
import { tokenize } from "../../../../sim/mysql/sql/tokens.ts";

const session: SqlContext = {
  database: "d",
  variable: (name) => name === "@@version_comment" ? "Source distribution" : null,
  niladic: (name) => ({ DATABASE: "d", CURRENT_USER: "u@%" })[name],
};
const row = (sql: string) => constantRow(sql, tokenize(sql), session);

Deno.test("what clients open with is answered without an engine", () => {
  assert.deepEqual(row("select @@version_comment limit 1"), {
    headings: ["@@version_comment"],
    values: ["Source distribution"],
  });
  assert.deepEqual(row("SELECT 1, 'a' AS x, NULL, -2, DATABASE(), current_user y FROM DUAL"), {
    headings: ["1", "x", "NULL", "-2", "DATABASE()", "y"],
    values: [1, "a", null, -2, "d", "u@%"],
  });
});

for (
  const sql of ["select 1+1", "select a", "select 1 from t", "select 1 limit 0", "show tables"]
) {
  Deno.test(`${sql} is no such constant`, () => assert.equal(row(sql), null));
}
