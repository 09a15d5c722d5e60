/** The command `check`: what is loaded for it, and which flags go together. */
import assert from "node:assert/strict";
import { checkCommand } from "../../../pipelines/check/command.ts";
import { parseCommandLine } from "../../../pipelines/cli/program.ts";
import { UsageError } from "../../../pipelines/errors.ts";

const root = new URL("../../../", import.meta.url);

/** What a module loads, itself and through others: files of ours by their paths, packages. */
async function loadedBy(path: string, found = new Set<string>()): Promise<Set<string>> {
  if (found.has(path)) return found;
  found.add(path);
  const code = (await Deno.readTextFile(new URL(path, root)))
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/^(?:import|export) type\b[^;]*;/gm, "");
  const named = /^(?:import|export) (?:[^;"]*? from )?"([^"\n]+)";|\bimport\("([^"\n]+)"\)/gm;
  for (const [, one, two] of code.matchAll(named)) {
    const name = one ?? two ?? "";
    if (!name.startsWith(".")) found.add(name);
    else await loadedBy(new URL(name, new URL(path, root)).href.slice(root.href.length), found);
  }
  return found;
}

Deno.test("check loads neither the simulator nor a vendor's client, at its start or later", async () => {
  const loaded = await loadedBy("pipelines/check/command.ts");
  assert.ok(loaded.has("pipelines/check/checker.ts"));
  const packages = [...loaded].filter((name) => !name.endsWith(".ts") && !name.startsWith("node:"));
  assert.deepEqual(packages.sort(), ["@duckdb/node-api"]);
  const folders = [...loaded].filter((name) => name.endsWith(".ts"))
    .map((path) => path.replace(/^(pipelines[/][a-z]+|[a-z]+)[/].*/, "$1"));
  assert.deepEqual([...new Set(folders)].sort(), [
    "pipelines", // its errors
    "pipelines/check",
    "pipelines/cli",
    "pipelines/warehouse",
    "sql",
  ]);
});

/** Packages that a file needs before anything runs, by way of others too. */
async function packagesOf(file: URL, seen = new Set<string>()): Promise<Set<string>> {
  const packages = new Set<string>();
  if (seen.has(file.href)) return packages;
  seen.add(file.href);
  const code = (await Deno.readTextFile(file)).replaceAll(/^(import|export) type\b[^;]*;/gm, "");
  for (const [, name = ""] of code.matchAll(/^(?:import|export) (?:[^;]*? from )?"([^"]+)";/gm)) {
    const found = name.startsWith(".") ? await packagesOf(new URL(name, file), seen) : [name];
    for (const one of found) packages.add(one);
  }
  return packages;
}

Deno.test("what main.ts loads before it knows the command is small", async () => {
  const found = [...await packagesOf(new URL("main.ts", root))];
  assert.deepEqual(found.filter((name) => !name.startsWith("node:")), ["commander"]);
});

Deno.test("the words of check are a folder and names, with flags anywhere among them", () => {
  assert.deepEqual(parseCommandLine(["check", "../shop", "pin+", "--fail-fast", "geo"]), {
    command: "check",
    flags: { words: ["../shop", "pin+", "geo"], failFast: true },
  });
  assert.deepEqual(parseCommandLine(["check", "--new", "pin", "--json"]), {
    command: "check",
    flags: { words: [], new: "pin", json: true },
  });
  assert.throws(() => parseCommandLine(["check", "--mutant"]), UsageError);
});

Deno.test("modes that exclude each other are refused before anything is read", async () => {
  const { signal } = new AbortController();
  for (const flags of [{ watch: true, mutate: true }, { watch: true, json: true }] as const) {
    await assert.rejects(checkCommand({ words: [], ...flags }, signal), UsageError);
  }
  await assert.rejects(checkCommand({ words: [], new: "pin", mutate: true }, signal), UsageError);
});
