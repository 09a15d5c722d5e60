import assert from "node:assert/strict";
import { parse } from "yaml";
import { parseCommandLine } from "../../../../pipelines/cli/program.ts";
import { namesOf, notebooksCommand } from "../../../../pipelines/deploy/databricks/command.ts";
import { UsageError } from "../../../../pipelines/errors.ts";
import { id } from "./support.ts";

const ofSeed = () => "111111111111";

Deno.test("names come from the flags, then from the settings, then from the seed", () => {
  assert.deepEqual(namesOf({}, {}, ofSeed), {
    id: "111111111111",
    bucket: "user-111111111111-bucket",
    region: "us-east-1",
  });
  const settings = { PIPELINE_ID: id, S3_BUCKET: "of-settings", AWS_REGION: "eu-west-1" };
  assert.deepEqual(namesOf({}, settings, ofSeed), {
    id,
    bucket: "of-settings",
    region: "eu-west-1",
  });
  const flags = { id: "222222222222", bucket: "of-flags", region: "us-west-2" };
  assert.deepEqual(namesOf(flags, settings, ofSeed), flags);
});

Deno.test("all names that cannot be one are told at once", () => {
  const settings = { PIPELINE_ID: "abc", S3_BUCKET: "it's", AWS_REGION: "eu west" };
  assert.throws(() => namesOf({}, settings, ofSeed), (error) => {
    assert.ok(error instanceof UsageError);
    assert.deepEqual(error.message.split("\n").map((line) => line.slice(0, 16)), [
      "PIPELINE_ID is '",
      "S3_BUCKET is 'it",
      "AWS_REGION is 'e",
    ]);
    return true;
  });
});

Deno.test("notebooks writes into the folder that it is told", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const found = parseCommandLine(["notebooks", "--out", `${folder}/b`, "--id", id, "--json"]);
    assert.ok(found.command === "notebooks");
    const said = await notebooksCommand(found.flags, namesOf(found.flags, {}, ofSeed));
    const { files, ...names } = JSON.parse(said);
    assert.deepEqual(names, { id, bucket: `user-${id}-bucket`, region: "us-east-1" });
    assert.equal(files.length, 7);
    const bundle = parse(await Deno.readTextFile(`${folder}/b/databricks.yml`));
    assert.equal(bundle.bundle.name, `pinterest-${id}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("notebooks goes to out/databricks if nothing is said", () => {
  const found = parseCommandLine(["notebooks"]);
  assert.ok(found.command === "notebooks");
  assert.equal(found.flags.out, "out/databricks");
});
