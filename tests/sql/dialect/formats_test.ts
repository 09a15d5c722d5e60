import assert from "node:assert/strict";
import { readFormat } from "../../../sql/dialect/formats.ts";

Deno.test("readFormat turns fields of fixed digits into DuckDB's, and says what a text looks like", () => {
  assert.deepEqual(readFormat("dd.MM.yyyy HH:mm:ss"), {
    duckDb: "%d.%m.%Y %H:%M:%S",
    pattern: "^[0-9]{2}[.][0-9]{2}[.][0-9]{4}[ ][0-9]{2}[:][0-9]{2}[:][0-9]{2}$",
    complete: true,
  });
});

Deno.test("readFormat knows a format that leaves out a larger field", () => {
  const complete = (text: string) => readFormat(text)?.complete;
  assert.deepEqual(["yyyy", "yyyy-MM", "MM-dd", "yyyy-dd", "HH:mm"].map(complete), [
    true,
    true,
    false,
    false,
    false,
  ]);
});

for (
  const text of ["yy", "yyyyy", "M", "EEEE", "yyyy-MM-yyyy", "hh", "yyyy'T'", "%Y", "yyyy\\MM"]
) {
  Deno.test(`readFormat refuses ${text}`, () => assert.equal(readFormat(text), null));
}
