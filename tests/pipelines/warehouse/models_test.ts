import assert from "node:assert/strict";
import { RunError, UsageError } from "../../../pipelines/errors.ts";
import { openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import { readModels } from "../../../pipelines/warehouse/models.ts";

async function withFolder(
  files: Record<string, string | Uint8Array>,
  work: (path: string) => Promise<void>,
) {
  const path = await Deno.makeTempDir({ prefix: "models " });
  try {
    for (const [name, content] of Object.entries(files)) {
      await Deno.mkdir(`${path}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeFile(
        `${path}/${name}`,
        typeof content === "string" ? new TextEncoder().encode(content) : content,
      );
    }
    await work(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

const reads = (table: string) => `-- x\n-- input    ${table}\n-- output   a int\nselect 1 as a`;

Deno.test("readModels finds each model with its audit, after the ones it reads", () =>
  withFolder({
    "a/first.sql": reads("second"),
    "a/first.audit.sql": "select 1",
    "b/second.sql": reads("third"),
    "c/third.sql": reads("raw"),
    "c/notes.md": "no model",
    "dialect/mod.sql": "no model either",
    "top.sql": "nor this",
  }, async (path) => {
    const models = await readModels(path);
    assert.deepEqual(models.map(({ group, name }) => `${group}/${name}`), [
      "c/third",
      "b/second",
      "a/first",
    ]);
    assert.equal(models[2]?.audit?.text, "select 1");
    assert.match(models[2]?.file ?? "", /^models [^/]+\/a\/first\.sql$/);
    assert.equal(models[0]?.audit, null);
  }));

Deno.test("readModels takes the URL of a folder, with blanks in its name", () =>
  withFolder({ "a/m.sql": reads("raw") }, async (path) => {
    const url = new URL(`file://${encodeURI(path)}/`);
    assert.equal((await readModels(url)).length, 1);
  }));

Deno.test("readModels names the circle that models read in", () =>
  withFolder({ "a/x.sql": reads("y"), "a/y.sql": reads("x") }, async (path) => {
    await assert.rejects(readModels(path), (error) => {
      assert.ok(error instanceof RunError);
      return /x reads y reads x/.test(error.message);
    });
  }));

Deno.test("readModels names the file and line of a header it cannot read", () =>
  withFolder({ "a/x.sql": "-- x\n-- output   a varchar\nselect 1" }, async (path) => {
    await assert.rejects(readModels(path), (error) => {
      assert.ok(error instanceof UsageError);
      return /a\/x\.sql: .*'varchar' at line 2/.test(error.message);
    });
  }));

Deno.test("readModels says which file is no text, and which folder is none", () =>
  withFolder({ "a/x.sql": new Uint8Array([0xff, 0xfe]) }, async (path) => {
    await assert.rejects(readModels(path), /Cannot read .*a\/x\.sql as UTF-8/);
    await assert.rejects(readModels(`${path}/none`), UsageError);
  }));

Deno.test("audits of one line, in a header or an audit file, are plain statements of the model", () =>
  withFolder({
    "a/both.sql": "-- output id int\n-- grain id\n-- audit not_null(id)\nselect 1 as id",
    "a/both.audit.sql": "-- audit unique(id)\nselect 'p' as promise, 'w' as witness from `both`",
    "a/header.sql": "-- output id int\n-- audit row_count(1, null)\nselect 1 as id",
  }, async (path) => {
    const models = new Map((await readModels(path)).map((model) => [model.name, model]));
    await using db = await openDuckDb({ threads: 1 });
    await db.run('create table "both" as select null as id; create table header (id int)');
    const [both, header] = [models.get("both")?.audit, models.get("header")?.audit];
    assert.deepEqual((await db.audit(both?.text ?? "", "both")).broken, [
      { promise: "p", witness: "w" },
      { promise: "id is missing", witness: null },
    ]);
    assert.match(header?.file ?? "", /a\/header\.sql$/);
    assert.deepEqual((await db.audit(header?.text ?? "", "header")).broken, [
      { promise: "the number of rows is not 1 or more", witness: "0" },
    ]);
  }));

Deno.test("an audit that cannot be read is named with its file and line", () =>
  withFolder({
    "a/m.sql": reads("raw"),
    "a/m.audit.sql": "-- about m\n-- audit not_nul(a)\n",
  }, (path) =>
    assert.rejects(readModels(path), /a\/m\.audit\.sql: There is no audit not_nul.* line 2/)));
