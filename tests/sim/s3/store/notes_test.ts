import assert from "node:assert/strict";
import { noFaults } from "../../../../sim/faults/plan.ts";
import { Disk, type FileState, stateOf } from "../../../../sim/s3/store/disk.ts";
import { SafeFolder } from "../../../../sim/storage/safe_path.ts";
import { Notes } from "../../../../sim/s3/store/notes.ts";

const isText = (value: unknown): value is string => typeof value === "string";

function setUp() {
  const dir = Deno.makeTempDirSync();
  const disk = new Disk(new SafeFolder(dir), noFaults);
  const open = () => new Notes(`${dir}/notes`, disk, 0, (name) => stateOf(`${dir}/${name}`));
  return {
    dir,
    disk,
    open,
    put(notes: Notes, name: string, text: string, about: string) {
      const from = disk.write(new TextEncoder().encode(text));
      const path = `${dir}/${name}`;
      notes.commit(name, from, about, stateOf(path), () => Deno.renameSync(from, path));
    },
    read(notes: Notes, name: string) {
      const state = stateOf(`${dir}/${name}`);
      return state === null ? null : notes.read(name, state, isText);
    },
    packSize: () => stateOf(`${dir}/notes/notes-`)?.size ?? 0,
    [Symbol.dispose]: () => Deno.removeSync(dir, { recursive: true }),
  };
}

Deno.test("a version written over another of the same size in the same moment has its own note", () => {
  using at = setUp();
  const notes = at.open();
  for (let version = 0; version < 50; version++) {
    at.put(notes, "f", `v${version % 10}`, `about ${version}`);
    assert.equal(at.read(notes, "f"), `about ${version}`);
  }
});

Deno.test("killed between note and rename, the old version keeps the old note", () => {
  using at = setUp();
  at.put(at.open(), "f", "old", "about old");
  const coming: FileState = { size: 3, mtimeMs: Date.now() + 5000 };
  at.open().append("f", coming, "about new");
  assert.equal(at.read(at.open(), "f"), "about old");
});

Deno.test("a line cut short by a kill or a full disk hides neither older nor newer notes", () => {
  using at = setUp();
  at.put(at.open(), "f", "1", "about f");
  const pack = `${at.dir}/notes/notes-`;
  const whole = Deno.readFileSync(pack);
  for (let size = 1; size < whole.length; size++) {
    Deno.writeFileSync(pack, whole);
    Deno.writeFileSync(pack, whole.subarray(0, size), { append: true });
    assert.equal(at.read(at.open(), "f"), "about f");
    at.put(at.open(), "g", "1", `about g ${size}`);
    assert.equal(at.read(at.open(), "g"), `about g ${size}`);
  }
});

Deno.test("a file changed by hand has no note any more", () => {
  using at = setUp();
  const notes = at.open();
  at.put(notes, "f", "1", "about f");
  Deno.writeTextFileSync(`${at.dir}/f`, "longer");
  assert.equal(at.read(notes, "f"), null);
});

Deno.test("a failed rename leaves the old version and no temporary file", () => {
  using at = setUp();
  const notes = at.open();
  at.put(notes, "f", "1", "about f");
  const from = at.disk.write(new Uint8Array(2));
  assert.throws(() =>
    notes.commit("f", from, "never", stateOf(`${at.dir}/f`), () => {
      throw new Error("No");
    })
  );
  assert.equal(at.read(notes, "f"), "about f");
  assert.deepEqual([...Deno.readDirSync(`${at.dir}/.meta/.tmp`)], []);
});

Deno.test("a pack does not grow with the number of versions, and loses no living note", () => {
  using at = setUp();
  const notes = at.open();
  for (let name = 0; name < 20; name++) at.put(notes, `n${name}`, "1", `about ${name}`);
  const padding = "x".repeat(20_000);
  for (let version = 0; version < 100; version++) {
    at.put(notes, "n3", `${version}`, padding + version);
  }
  assert.ok(at.packSize() < 300_000, `${at.packSize()} bytes for 2,000,000 written`);
  for (let name = 0; name < 20; name++) {
    assert.equal(at.read(at.open(), `n${name}`), name === 3 ? `${padding}99` : `about ${name}`);
  }
});
