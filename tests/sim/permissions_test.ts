/**
 * The second wall: a Worker with the very permissions of the services tries to get out.
 */
/// <reference lib="deno.unstable" />
import assert from "node:assert/strict";
import { mayRead, workerPermissions } from "../../sim/permissions.ts";

/** What the Worker tries; each line is one function of no arguments. */
const attempts: Record<string, string> = {
  "Deno reads a file": 'Deno.readTextFile("/etc/passwd")',
  "Deno opens a file": 'Deno.open("/etc/passwd")',
  "Deno looks at a file": 'Deno.stat("/etc/passwd")',
  "Deno lists a folder": 'Array.fromAsync(Deno.readDir("/etc"))',
  "node:fs reads a file": 'fs.readFileSync("/etc/passwd")',
  "node:fs opens a file": 'fs.openSync("/etc/passwd")',
  "node:fs promises a file": 'fs.promises.readFile("/etc/passwd")',
  "a path that climbs out": 'Deno.readTextFile(dir + "/s3/../../../../../../etc/passwd")',
  "the folder's secrets": 'Deno.readTextFile(dir + "/secrets.json")',
  "the endpoints' passwords": 'Deno.readTextFile(dir + "/endpoints.env")',
  "Deno writes beside the folders": 'Deno.writeTextFile(dir + "/written", "")',
  "Deno writes the source": 'Deno.writeTextFile(dir + "/source/pin.csv", "")',
  "node:fs writes outside": 'fs.writeFileSync(dir + "/../written", "")',
  "a file is moved outside": 'Deno.rename(dir + "/s3/mine", dir + "/../mine")',
  "a link is made": 'Deno.symlink("/etc/passwd", dir + "/s3/link")',
  "a folder is removed": 'Deno.remove(dir + "/run", { recursive: true })',
  "a program runs": 'new Deno.Command("true").output()',
  "the environment": 'Deno.env.get("HOME")',
  "the environment by node": "process.env.HOME",
  "the machine's name": "Deno.hostname()",
  "another host": 'Deno.connect({ hostname: "192.0.2.1", port: 80 })',
  "another host by name": 'fetch("http://localhost:8081/")',
  "a port for everybody": 'Deno.listen({ hostname: "0.0.0.0", port: 0 })',
  "another library": 'Deno.dlopen("/lib/x86_64-linux-gnu/libc.so.6", {})',
  "a Worker that may more":
    'new Worker("data:text/javascript,", { type: "module", deno: { permissions: { env: true } } })',
  "the disk by a module": 'import(String("file:///etc/passwd"))',
  "the network by a module": 'import(String("http://127.0.0.1:1/x.ts"))',
};

/** Those that it has to be able to do, so that the others do not fail for another reason. */
const work: Record<string, string> = {
  "a file of a service": 'Deno.writeTextFile(dir + "/s3/mine", "")',
  "the same file again": 'fs.readFileSync(dir + "/s3/mine")',
  "a source file of the folder": 'Deno.readTextFile(dir + "/source/pin.csv")',
  "a source file elsewhere": "Deno.readTextFile(source)",
  "a port of its own": 'Deno.listen({ hostname: "127.0.0.1", port: 0 }).close()',
};

/** Imports wrap the reason; all else has it as its name. */
const refusedByDeno = /^NotCapable|Requires (read|import) access/;

/** The answers of a Worker with the services' permissions, by attempt: what was thrown, or null. */
async function tried(folder: string): Promise<Record<string, string | null>> {
  const dir = `${folder}/sim`;
  for (const name of ["s3", "source", "run"]) {
    await Deno.mkdir(`${dir}/${name}`, { recursive: true });
  }
  const source = `${folder}/elsewhere.csv`;
  const files = [source, `${dir}/secrets.json`, `${dir}/endpoints.env`, `${dir}/source/pin.csv`];
  for (const file of files) await Deno.writeTextFile(file, "");
  const calls = Object.entries({ ...work, ...attempts })
    .map(([name, call]) => `[${JSON.stringify(name)}, async () => ${call}]`);
  const program = `
    import fs from "node:fs";
    import process from "node:process";
    const [dir, source] = ${JSON.stringify([dir, source])};
    const answers = {};
    for (const [name, call] of [${calls.join(",\n")}]) {
      try { await call(); answers[name] = null; } catch (error) { answers[name] = String(error); }
    }
    self.postMessage(answers);`;
  const permissions = workerPermissions({ dir, sources: [source], brokers: [] });
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(program)}`, {
    type: "module",
    deno: { permissions },
  });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = (event) => resolve(event.data);
      worker.onerror = (event) => reject(new Error(event.message));
    });
  } finally {
    worker.terminate();
  }
}

Deno.test("a Worker with the services' permissions does its work, and nothing else", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    const answers = await tried(folder);
    for (const name of Object.keys(work)) assert.equal(answers[name], null, name);
    for (const name of Object.keys(attempts)) {
      assert.match(
        answers[name] ?? "it was done",
        refusedByDeno,
        name,
      );
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the permissions name 127.0.0.1 and the given brokers, and no right without a limit", () => {
  const permissions = workerPermissions({ dir: "/data", sources: [], brokers: ["b-1:9092"] });
  assert.deepEqual(permissions.net, ["127.0.0.1", "b-1:9092"]);
  for (const [name, right] of Object.entries(permissions)) {
    assert.ok(right === false || Array.isArray(right), name);
  }
  const outside = permissions.read.filter((path) => !path.startsWith("/data/"));
  assert.deepEqual(outside, []);
});

Deno.test("a source is readable by its own path and by that of a link to it, nothing beside it", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    await Deno.mkdir(`${folder}/real`);
    await Deno.writeTextFile(`${folder}/real/pin.csv`, "");
    await Deno.symlink(`${folder}/real`, `${folder}/link`);
    const sources = [`${folder}/link`];
    const permissions = workerPermissions({ dir: "/data", sources, brokers: [] });
    assert.ok(mayRead(`${folder}/link/pin.csv`, permissions));
    assert.ok(mayRead(`${folder}/real/pin.csv`, permissions));
    assert.ok(!mayRead(`${folder}/really`, permissions));
    assert.ok(!mayRead(`${folder}/link/../other`, permissions));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
