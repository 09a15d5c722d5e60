import assert from "node:assert/strict";
import { SimError } from "../../sim/errors.ts";
import { type ClaimOptions, DataFolder } from "../../sim/folder.ts";
import { serviceFolders } from "../../sim/permissions.ts";
import type { Secrets } from "../../sim/secrets.ts";

const [id, otherId] = ["0a1b2c3d4e5f", "ffffffffffff"];

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Claims and prepares a folder, and lets it go again. */
async function prepared(dir: string, options: Partial<ClaimOptions> = {}): Promise<Secrets> {
  using folder = await DataFolder.claim(dir, { id, fresh: false, ...options });
  return await folder.prepare();
}

async function refused(dir: string, said: RegExp, options: Partial<ClaimOptions> = {}) {
  const before = contents(dir);
  await assert.rejects(prepared(dir, options), (error) => {
    assert.ok(error instanceof SimError, String(error));
    assert.match(error.message, said);
    return true;
  });
  assert.deepEqual(contents(dir), before, "a refusal wrote something");
}

/** Names, sizes, modes and times of everything below a folder; of the folder too. */
function contents(dir: string): string[] {
  const { size, mtime, mode, isDirectory } = Deno.lstatSync(dir);
  const below = isDirectory
    ? Array.from(Deno.readDirSync(dir), ({ name }) => name).toSorted()
      .flatMap((name) => contents(`${dir}/${name}`))
    : [];
  return [`${dir} ${size} ${mtime?.getTime()} ${mode}`, ...below];
}

function modeOf(path: string): number {
  return (Deno.statSync(path).mode ?? 0) & 0o777;
}

Deno.test("a new folder is the owner's alone, and has its format, its id and its secrets", () =>
  inFolder(async (folder) => {
    const dir = `${folder}/deep/data`;
    const secrets = await prepared(dir);
    assert.equal(modeOf(dir), 0o700);
    assert.equal(modeOf(`${dir}/secrets.json`), 0o600);
    const format = JSON.parse(await Deno.readTextFile(`${dir}/format.json`));
    assert.deepEqual(format, { format: 1, id });
    assert.deepEqual(await prepared(dir), secrets);
  }));

Deno.test("a claim alone writes nothing, neither beside a simulator nor where nothing was", () =>
  inFolder(async (folder) => {
    await prepared(`${folder}/old`);
    const before = contents(folder);
    for (const name of ["old", "new"]) {
      for (const fresh of [true, false]) {
        using _claimed = await DataFolder.claim(`${folder}/${name}`, { id, fresh });
      }
    }
    assert.deepEqual(contents(folder), before);
  }));

Deno.test("a fresh start empties the folder and keeps its secrets, also for another id", () =>
  inFolder(async (folder) => {
    const dir = `${folder}/data`;
    const secrets = await prepared(dir);
    await Deno.mkdir(`${dir}/s3/bucket`, { recursive: true });
    assert.deepEqual(await prepared(dir, { id: otherId, fresh: true }), secrets);
    const names = Array.from(Deno.readDirSync(dir), ({ name }) => name);
    assert.deepEqual(
      names.toSorted(),
      [
        ...[".lock", "format.json", "secrets.json"],
        ...serviceFolders,
      ].toSorted(),
    );
    assert.deepEqual([...Deno.readDirSync(`${dir}/s3`)], []);
    await refused(dir, /holds the pipeline with id 'ffffffffffff', this run has '0a1b2c3d4e5f'/);
  }));

Deno.test("two folders have nothing secret in common", () =>
  inFolder(async (folder) => {
    const [one, another] = [await prepared(`${folder}/a`), await prepared(`${folder}/b`)];
    const theirs = new Set(Object.values(another));
    assert.deepEqual(Object.values(one).filter((secret) => theirs.has(secret)), []);
  }));

Deno.test("secrets that were deleted are drawn anew, damaged ones are refused", () =>
  inFolder(async (folder) => {
    const dir = `${folder}/data`;
    const secrets = await prepared(dir);
    await Deno.writeTextFile(`${dir}/secrets.json`, "{");
    await refused(dir, /secrets in .* are damaged: delete this file/);
    await refused(dir, /secrets in .* are damaged: delete this file/, { fresh: true });
    await Deno.remove(`${dir}/secrets.json`);
    assert.notDeepEqual(await prepared(dir), secrets);
    assert.equal(modeOf(`${dir}/secrets.json`), 0o600);
  }));

Deno.test("a folder of a newer format is refused, and so is one whose format is damaged", () =>
  inFolder(async (folder) => {
    const dir = `${folder}/data`;
    await prepared(dir);
    await Deno.writeTextFile(`${dir}/format.json`, JSON.stringify({ format: 2, id }));
    await refused(dir, /has format 2, and this program knows up to 1: use the newer version/);
    for (const text of ["", "{}", "null", '{"format": "1"}']) {
      await Deno.writeTextFile(`${dir}/format.json`, text);
      await refused(dir, /format\.json is damaged: delete it if/);
    }
  }));

Deno.test("a folder from before there was a format is carried over, if its bucket has the id", () =>
  inFolder(async (folder) => {
    const dir = `${folder}/data`;
    await Deno.mkdir(`${dir}/s3/user-${id}-bucket`, { recursive: true });
    await Deno.mkdir(`${dir}/s3/somebodys-bucket`);
    await Deno.writeTextFile(`${dir}/.lock`, "");
    for (const path of [dir, `${dir}/s3`]) await Deno.chmod(path, 0o755);
    await refused(dir, /holds the pipeline with id '0a1b2c3d4e5f'/, { id: otherId });
    await prepared(dir);
    assert.equal((await Deno.stat(`${dir}/s3/user-${id}-bucket`)).isDirectory, true);
    assert.deepEqual([modeOf(dir), modeOf(`${dir}/s3`)], [0o700, 0o700]);
    assert.match(await Deno.readTextFile(`${dir}/format.json`), /"format":1,"id":"0a1b2c3d4e5f"/);
  }));

Deno.test("a folder in use, somebody else's, and a file are refused", () =>
  inFolder(async (folder) => {
    using taken = await DataFolder.claim(`${folder}/data`, { id, fresh: false });
    await taken.prepare();
    await refused(`${folder}/data`, /is in use by another run/);
    await refused(`${folder}/data`, /is in use by another run/, { fresh: true });
    await Deno.mkdir(`${folder}/mine`);
    await Deno.writeTextFile(`${folder}/mine/thesis.txt`, "");
    await refused(`${folder}/mine`, /Cannot write .*holds other files/);
    await Deno.writeTextFile(`${folder}/file`, "");
    await refused(`${folder}/file`, /Cannot write/);
  }));

Deno.test("a link where something is to be written or read is refused, and nothing is behind it", () =>
  inFolder(async (folder) => {
    const [dir, outside] = [`${folder}/data`, `${folder}/outside`];
    await prepared(dir);
    await Deno.mkdir(`${outside}/user-${otherId}-bucket`, { recursive: true });
    await Deno.remove(`${dir}/format.json`); // As a program before format 1 left it.
    for (const name of ["format.json", "format.json.new", "s3", "kafka"]) {
      const [path, aside] = [`${dir}/${name}`, `${folder}/aside`];
      const wasThere = await Deno.rename(path, aside).then(() => true, () => false);
      await Deno.symlink(`${outside}/${name === "s3" ? "" : name}`, path);
      await refused(dir, /a link is in the way, which is not followed/);
      await Deno.remove(path);
      if (wasThere) await Deno.rename(aside, path);
    }
    assert.deepEqual(Array.from(Deno.readDirSync(outside), ({ name }) => name), [
      `user-${otherId}-bucket`,
    ]);
  }));
