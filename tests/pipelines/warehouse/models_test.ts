import assert from "node:assert/strict";
import { RunError, UsageError } from "../../../pipelines/errors.ts";
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
