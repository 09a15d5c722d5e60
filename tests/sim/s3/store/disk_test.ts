import assert from "node:assert/strict";
import { noFaults } from "../../../../sim/faults/plan.ts";
import { Disk, stateOf } from "../../../../sim/s3/store/disk.ts";
import { SafeFolder } from "../../../../sim/storage/safe_path.ts";
import { Notes } from "../../../../sim/s3/store/notes.ts";

function inDir(test: (dir: string, disk: Disk, told: string[]) => void): void {
  const dir = Deno.makeTempDirSync();
  const told: string[] = [];
  try {
    test(dir, new Disk(new SafeFolder(dir), noFaults, (sentence) => told.push(sentence)), told);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

Deno.test("a small file that is empty, cut or garbage counts as none, and is told once by its name", () =>
  inDir((dir, disk, told) => {
    assert.equal(disk.readJson(`${dir}/none.json`), null);
    assert.equal(told.length, 0);
    for (const [index, text] of ["", '{"createdMs":1', "\0\0"].entries()) {
      const path = `${dir}/${index}.json`;
      Deno.writeTextFileSync(path, text);
      for (let times = 0; times < 2; times++) assert.equal(disk.readJson(path), null);
      assert.equal(told.length, index + 1);
      assert.ok(told[index]?.startsWith(`${path}: damaged (`), String(told[index]));
    }
  }));

Deno.test("a damaged note of an object is told by file and object", () =>
  inDir((dir, disk, told) => {
    const notes = new Notes(`${dir}/notes`, disk, 0, (name) => stateOf(`${dir}/${name}`));
    const from = disk.write(new TextEncoder().encode("text"));
    notes.commit("f", from, "about", null, () => Deno.renameSync(from, `${dir}/f`));
    const pack = `${dir}/notes/notes-`;
    Deno.truncateSync(pack, Deno.statSync(pack).size - 3);
    const isText = (value: unknown): value is string => typeof value === "string";
    assert.equal(notes.read("f", stateOf(`${dir}/f`)!, isText), null);
    assert.equal(told.length, 1);
    assert.match(told[0]!, /notes\/notes-: the note at character 0 is damaged.*: f$/);
  }));
