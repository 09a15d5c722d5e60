/**
 * What a person sees of the walls: secrets stay in their files, folders are the owner's, and the
 * program works wherever it lies and however its folder is named.
 */
import assert from "node:assert/strict";
import { readSettingsFile } from "../../pipelines/cli/settings_file.ts";
import { inFolder, permissions, run } from "./harness.ts";

const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const source = "fixtures/samples/ties";

/** All secrets of a data folder. */
async function secretsOf(dir: string): Promise<string[]> {
  return Object.values(JSON.parse(await Deno.readTextFile(`${dir}/secrets.json`)));
}

function modeOf(path: string): number {
  return (Deno.statSync(path).mode ?? 0) & 0o777;
}

Deno.test("a batch prints and reports no secret, and keeps them for the owner alone", () =>
  inFolder(async (folder) => {
    const [out, data] = [`${folder}/out`, `${folder}/out/sim`];
    const words = ["--out", out, "--source", `${root}/${source}`, "--debug"];
    const { code, stdout, stderr } = await run("batch", ...words);
    assert.equal(code, 0, stderr);
    const report = await Deno.readTextFile(`${out}/batch/report.html`);
    const secrets = await secretsOf(data);
    for (const secret of secrets) {
      for (const text of [stdout, stderr, report]) assert.ok(!text.includes(secret));
    }
    const settings = Object.values(await readSettingsFile(`${data}/endpoints.env`));
    assert.ok(secrets.filter((secret) => settings.includes(secret)).length >= 4);
    assert.equal(modeOf(data), 0o700);
    assert.equal(modeOf(`${data}/endpoints.env`), 0o600);
    assert.equal(modeOf(`${data}/secrets.json`), 0o600);
    // The next one begins anew in the same folder, where other programs know the passwords.
    assert.equal((await run("stream", ...words)).code, 0);
    assert.deepEqual(await secretsOf(data), secrets);
  }));

Deno.test("the program works through a link, with folders named from where one stands", () =>
  inFolder(async (folder) => {
    await Deno.symlink(root, `${folder}/project`);
    await Deno.mkdir(`${folder}/elsewhere`);
    await Deno.symlink(`${folder}/elsewhere`, `${folder}/disk`);
    for (const data of ["kept", "disk/kept", "../".concat(folder.split("/").at(-1)!, "/third")]) {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", ...permissions, "project/main.ts", "batch", "--json", "--data", data],
          ...["--source", `project/${source}`, "--out", "out"],
        ],
        cwd: folder,
      }).output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      assert.equal(code, 0, text(stderr));
      assert.equal(JSON.parse(text(stdout)).reconciled, true);
    }
    const kept = Array.from(Deno.readDirSync(`${folder}/elsewhere/kept`), ({ name }) => name);
    assert.ok(kept.includes("s3") && kept.includes("run"), kept.join());
  }));
