import assert from "node:assert/strict";
import { code, markdown, notebookText } from "../../../../pipelines/deploy/databricks/notebook.ts";

Deno.test("a SQL notebook has the form that Databricks exports", () => {
  const text = notebookText("sql", [
    markdown("# Title\n\nText"),
    code("One", "select 1\n"),
    { kind: "code", text: "select 2" },
  ]);
  assert.equal(
    text,
    `-- Databricks notebook source
-- MAGIC %md
-- MAGIC # Title
-- MAGIC
-- MAGIC Text

-- COMMAND ----------

-- DBTITLE 1,One
select 1

-- COMMAND ----------

select 2
`,
  );
});

Deno.test("a Python notebook has the same form behind another mark", () => {
  assert.equal(
    notebookText("python", [markdown("Hello"), code("One", "x = 1")]),
    `# Databricks notebook source
# MAGIC %md
# MAGIC Hello

# COMMAND ----------

# DBTITLE 1,One
x = 1
`,
  );
});

Deno.test("a cell that would be cut in two is refused", () => {
  const cell = code("One", "select 1\n-- COMMAND ----------\nselect 2");
  assert.throws(() => notebookText("sql", [cell]), RangeError);
});
