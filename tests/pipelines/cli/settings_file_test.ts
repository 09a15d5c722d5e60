import assert from "node:assert/strict";
import {
  readSettingsFile,
  shellLines,
  writeSettingsFile,
} from "../../../pipelines/cli/settings_file.ts";
import { RunError, UsageError } from "../../../pipelines/errors.ts";

const awkward = { PLAIN: "a", SPACED: "a b", QUOTED: "it's 'so'", DOLLAR: '$HOME `x` "y"' };

async function withFile(text: string, work: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, text);
    await work(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("what was written for a shell is read back as it was", () =>
  withFile(shellLines(awkward), async (path) => {
    assert.deepEqual(await readSettingsFile(path), awkward);
  }));

Deno.test("a shell reads the same values", () =>
  withFile(shellLines(awkward), async (path) => {
    const print = Object.keys(awkward).map((name) => `printf '%s\\n' "$${name}"`).join(";");
    const { stdout } = await new Deno.Command("sh", { args: ["-c", `. ${path}; ${print}`] })
      .output();
    const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
    assert.deepEqual(lines, Object.values(awkward));
  }));

Deno.test("a line of another form is refused with file and line", () =>
  withFile("export A='1'\n\n# note\nB = 2\n", async (path) => {
    await assert.rejects(readSettingsFile(path), (error) => {
      assert.ok(error instanceof UsageError);
      assert.ok(error.message.startsWith(`${path}:4:`), error.message);
      return true;
    });
  }));

Deno.test("what stands behind the sign of a refused line is not shown", () =>
  withFile("export MYSQL_URL='mysql://me:hush@h/d' # mine\n", async (path) => {
    await assert.rejects(
      readSettingsFile(path),
      (error: Error) => error.message.includes("MYSQL_URL=…") && !error.message.includes("hush"),
    );
  }));

Deno.test("a file that is not there is wrong usage", async () => {
  await assert.rejects(readSettingsFile("/nowhere/endpoints.env"), UsageError);
});

Deno.test("a line of another form is not printed: it may be a password", () =>
  withFile("export MYSQL_PWD='hush-hush\n", async (path) => {
    await assert.rejects(readSettingsFile(path), (error) => {
      assert.ok(error instanceof UsageError);
      assert.doesNotMatch(error.message, /hush/);
      return true;
    });
  }));

Deno.test("a file is written for the owner alone, also over one that others could read", () =>
  withFile("old", async (path) => {
    for (const file of [path, `${path}.new`]) {
      await Deno.writeTextFile(file, "old");
      await Deno.chmod(file, 0o644);
    }
    await writeSettingsFile(path, awkward);
    assert.deepEqual(await readSettingsFile(path), awkward);
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    await assert.rejects(Deno.stat(`${path}.new`), Deno.errors.NotFound);
  }));

Deno.test("a file that cannot be written is named", async () => {
  await assert.rejects(writeSettingsFile("/nowhere/endpoints.env", {}), (error) => {
    assert.ok(error instanceof RunError);
    assert.match(error.message, /Cannot write \/nowhere\/endpoints\.env/);
    return true;
  });
});
