/**
 * A run that is refused leaves nothing behind: no folder, no file, no other time on a file.
 */
import assert from "node:assert/strict";
import { inFolder, json, run } from "./harness.ts";

const root = new URL("../..", import.meta.url).pathname;
const samples = `${root}fixtures/samples`;

/** Names, sizes, modes and times of everything below a folder; of the folder too. */
function contents(path: string): string[] {
  const { size, mtime, mode, isDirectory } = Deno.lstatSync(path);
  const below = isDirectory
    ? Array.from(Deno.readDirSync(path), ({ name }) => name).toSorted()
      .flatMap((name) => contents(`${path}/${name}`))
    : [];
  return [`${path} ${size} ${mtime?.getTime()} ${mode}`, ...below];
}

async function refused(folder: string, words: string[], said: RegExp): Promise<void> {
  const before = contents(folder);
  const { code, stdout, stderr } = await run(...words);
  assert.equal(code, 2, `${words.join(" ")}\n${stdout}${stderr}`);
  assert.match(stderr, said);
  assert.deepEqual(contents(folder), before, words.join(" "));
}

Deno.test("a run that its folder refuses leaves the folder as it was", () =>
  inFolder(async (folder) => {
    const data = ["--data", `${folder}/data`];
    const ties = ["--source", `${samples}/ties`];
    await json("batch", ...ties, ...data, "--out", `${folder}/out`);
    await json("stream", ...ties, ...data, "--out", `${folder}/out`);
    const batch = ["batch", ...data, "--out", `${folder}/other`];
    const stream = ["stream", ...data, "--out", `${folder}/other`];
    await refused(folder, [...batch, ...ties, "--seed", "5"], /a run with id '/);
    await refused(folder, [...stream, ...ties, "--seed", "5"], /a run with id '/);
    await refused(folder, [...batch, ...ties, "--id", "0a1b2c3d4e5f"], /has '0a1b2c3d4e5f'/);
    await refused(folder, batch, /source '.*ties', this one has 'generated, 11154 posts/);
    await refused(folder, [...batch, "--rows", "20000"], /source .* 'generated, 20000 posts/);
    await refused(folder, [...stream, "--source", `${samples}/edges/csv`], /source '.*ties'/);
    await refused(folder, [...batch, ...ties, "--partitions", "2"], /partitions '1'/);
    const tables = `${folder}/other/delta`;
    await refused(folder, [...stream, ...ties, "--delta-dir", tables], /a run with tables '/);
    await refused(folder, ["sim", ...data, "--seed", "5"], /the pipeline with id '/);
    await Deno.writeTextFile(`${folder}/data/run/run.json`, '{"format": 2}');
    await refused(folder, [...batch, ...ties], /format 2, and this program knows up to 1/);
    await Deno.writeTextFile(`${folder}/data/format.json`, '{"format": 2, "id": "a"}');
    await refused(folder, [...stream, ...ties], /format 2, and this program knows up to 1/);
  }));

Deno.test("a run that is refused makes no folder, and empties none", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/out/state`, { recursive: true });
    await Deno.writeTextFile(`${folder}/out/state/run.json`, "{}");
    await Deno.writeTextFile(`${folder}/rejects.csv`, "a,b\n1,2\n");
    const ties = ["--source", `${samples}/ties`];
    const batch = ["batch", "--data", `${folder}/new`, "--out", `${folder}/new-out`];
    const nowhere = "--source=/nowhere/at/all";
    await refused(folder, [...batch, nowhere], /Cannot read the source folder/);
    await refused(folder, [...batch, ...ties, "--s3-endpoint", "here"], /--s3-endpoint is 'here'/);
    const far = "https://a.example.com/prod";
    await refused(folder, [...batch, ...ties, "--gateway-url", far], /outside of what this task/);
    await refused(folder, [...batch, ...ties, "--kafka-brokers", "b-1:9"], /b-1:9 is outside/);
    await refused(folder, [...batch, ...ties, "--replay", `${folder}/rejects.csv`], /no column/);
    await refused(folder, [...batch, ...ties, "--replay", `${folder}/none.csv`], /Cannot read/);
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const port = ["--port", `s3=${taken.addr.port}`];
    await refused(folder, ["sim", "--data", `${folder}/new`, ...port], /port of s3/);
    await Deno.writeTextFile(`${folder}/endpoints.env`, "export PIPELINE_ID='x'\n");
    const attached = ["--endpoints", `${folder}/endpoints.env`, "--out", `${folder}/out`];
    await refused(folder, ["batch", ...attached], /MYSQL_URL is not set/);
  }));
