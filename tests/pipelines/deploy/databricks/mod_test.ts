/** The whole folder: every model in it, the same bytes again, nothing that must not be there. */
import assert from "node:assert/strict";
import { UsageError } from "../../../../pipelines/errors.ts";
import {
  databricksFiles,
  writeDatabricksFiles,
} from "../../../../pipelines/deploy/databricks/mod.ts";
import { modelsByName } from "../../../../pipelines/warehouse/models.ts";
import { cellsOf, file, generated, id } from "./support.ts";

const sqlNotebooks = ["batch", "clean_pin", "clean_geo", "clean_user", "questions"]
  .map((name) => `notebooks/${name}.sql`);

Deno.test("every model stands in the batch notebook as it is in sql/", async () => {
  const notebook = await file("notebooks/batch.sql");
  for (const { file: path, text } of (await modelsByName()).values()) {
    assert.ok(notebook.includes(`(\n${text.trim()}\n)`), path);
    assert.ok(notebook.includes(`${path}\n`), `no cell is titled after ${path}`);
  }
});

Deno.test("every audit stands in the batch notebook, statement by statement", async () => {
  const notebook = await file("notebooks/batch.sql");
  for (const { name, audit } of (await modelsByName()).values()) {
    if (audit === null) continue;
    for (const statement of audit.text.split(/;\s*$/m)) {
      const isEmpty = statement.replaceAll(/--[^\n]*/g, "").trim() === "";
      assert.ok(isEmpty || notebook.includes(statement.trim()), name);
    }
  }
});

Deno.test("what each clean table nulls is counted in a table, and all of them in one view", async () => {
  const cells = cellsOf("batch.sql", await file("notebooks/batch.sql"));
  // All others are in the final select what they were before it.
  const changed = {
    pin: ["follower_count", "save_location"],
    geo: ["coordinates", "timestamp"],
    user: ["age", "date_joined"],
  };
  for (const [name, columns] of Object.entries(changed)) {
    const cell = cells.find(({ title }) => title.startsWith(`Table nulled_${name}:`));
    assert.ok(cell !== undefined, name);
    assert.ok(cell.text.startsWith(`create or replace table nulled_${name} as`));
    const counted = cell.text.matchAll(/'(\w+)='/g).map(([, column]) => column);
    assert.deepEqual([...counted].sort(), columns);
  }
  const view = cells.find(({ text }) => text.startsWith("create or replace view nulled as"));
  assert.equal(view?.text.match(/nulled_(pin|geo|user)/g)?.length, 3);
});

Deno.test("every model of sql/clean stands in the streaming notebook", async () => {
  const notebook = await file("notebooks/stream.py");
  for (const { group, text } of (await modelsByName()).values()) {
    if (group === "clean") assert.ok(notebook.includes(`(\n${text.trim()}\n)`));
  }
});

Deno.test("the notebooks of the job hold together what the batch notebook holds", async () => {
  const files = await generated();
  const codeOf = (path: string) =>
    cellsOf(path, files.get(path) ?? "").filter(({ isMarkdown }) => !isMarkdown)
      .map(({ title, text }) => `${title}\n${text}`);
  const [whole, ...parts] = sqlNotebooks.map(codeOf);
  assert.deepEqual(new Set(parts.flat()), new Set(whole));
});

Deno.test("a cell of a SQL notebook is one statement, without a semicolon at its end", async () => {
  const files = await generated();
  for (const path of sqlNotebooks) {
    for (const { text, isMarkdown } of cellsOf(path, files.get(path) ?? "")) {
      if (isMarkdown) continue;
      const bare = text.replaceAll(/--[^\n]*|'[^']*'/g, "");
      assert.doesNotMatch(bare, /;/, text);
      assert.equal(
        bare.replaceAll(/[^(]/g, "").length,
        bare.replaceAll(/[^)]/g, "").length,
        `brackets: ${text}`,
      );
    }
  }
});

Deno.test("nothing is mounted, no path of DBFS is used, no widget is pasted into SQL", async () => {
  for (const [path, text] of await generated()) {
    if (path === "databricks.yml") continue;
    assert.doesNotMatch(text, /dbutils[.]fs|\/mnt\/|dbfs:|s3n:|\$\{/, path);
  }
});

Deno.test("only the streaming notebook, whose tables stay, asks which columns came later", async () => {
  for (const [path, text] of await generated()) {
    assert.equal(text.includes(":later"), path === "notebooks/stream.py", path);
  }
});

Deno.test("the streaming notebook gives each table a stream and a checkpoint of its own", async () => {
  const notebook = await file("notebooks/stream.py");
  for (const table of ["pin", "geo", "user"]) {
    assert.ok(notebook.includes(`"${table}": "streaming-${id}-${table}",`));
    assert.ok(notebook.includes(`start("${table}", ${table}_statements, "${id}_${table}_table")`));
  }
  assert.match(notebook, /"checkpointLocation", f"\{checkpoints\}\/\{name\}"/);
  assert.match(notebook, /"initialPosition": "trim_horizon"/);
});

Deno.test("only the cell Source of the streaming notebook knows Kinesis", async () => {
  const cells = cellsOf("stream.py", await file("notebooks/stream.py"));
  const found = cells.filter(({ text, isMarkdown }) => !isMarkdown && /"kinesis"/.test(text));
  assert.deepEqual(found.map(({ title }) => title), ["Source"]);
});

Deno.test("the same models and names give the same bytes", async () => {
  assert.deepEqual(await generated(), await generated());
  const other = await databricksFiles({ id: "ffffffffffff", bucket: "b-2", region: "us-east-1" });
  for (const [path, text] of other) assert.doesNotMatch(text, new RegExp(id), path);
});

Deno.test("the files are written whole, over what was changed by hand", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const out = `${folder}/databricks`;
    const options = { id, bucket: `user-${id}-bucket`, region: "eu-west-1" };
    const paths = await writeDatabricksFiles(out, options);
    await Deno.writeTextFile(`${out}/notebooks/stream.py`, "changed");
    assert.deepEqual(await writeDatabricksFiles(out, options), paths);
    for (const [path, text] of await generated()) {
      assert.equal(await Deno.readTextFile(`${out}/${path}`), text);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a folder that is a file is told in a sentence", async () => {
  const path = await Deno.makeTempFile();
  try {
    const options = { id, bucket: "b-1", region: "eu-west-1" };
    await assert.rejects(
      writeDatabricksFiles(path, options),
      (error) => error instanceof UsageError && error.message.startsWith(`Cannot write ${path}`),
    );
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("a broken promise fails the run, a warning is shown", async () => {
  const cells = cellsOf("batch.sql", await file("notebooks/batch.sql"));
  const [audits, warnings] = ["Audit, ", "Odd values, "].map((title) =>
    cells.filter((cell) => cell.title.startsWith(title))
      .map(({ text }) => text.replaceAll(/--[^\n]*/g, ""))
  );
  assert.ok(audits !== undefined && audits.length > 6 && warnings !== undefined);
  for (const text of audits) {
    assert.match(text, /raise_error\(/);
    assert.doesNotMatch(text, /\bwarning\b/);
  }
  for (const text of warnings) assert.doesNotMatch(text, /raise_error\(/);
  assert.ok(warnings.length >= 2);
});
