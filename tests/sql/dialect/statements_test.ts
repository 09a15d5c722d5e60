import assert from "node:assert/strict";
import { splitStatements } from "../../../sql/dialect/statements.ts";

Deno.test("splitStatements cuts at semicolons outside of strings, names and comments", () => {
  const text = "select ';' as `a;b` -- ;\n; /* ; */\nselect 2;\n-- the end ;\n";
  assert.deepEqual(splitStatements(text).map(({ text, line }) => [text, line]), [
    ["select ';' as `a;b` -- ;\n", 1],
    [" /* ; */\nselect 2", 3],
  ]);
});

Deno.test("splitStatements finds none in blanks, comments and semicolons", () => {
  assert.deepEqual(splitStatements(" ;; -- x\n/* y */;"), []);
});
