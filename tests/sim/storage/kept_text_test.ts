import assert from "node:assert/strict";
import { noFaults } from "../../../sim/faults/plan.ts";
import { StorageError } from "../../../sim/storage/append_file.ts";
import {
  DamagedFileError,
  parseKept,
  readKept,
  writeKept,
} from "../../../sim/storage/kept_text.ts";

function inDir(test: (path: string) => void): void {
  const dir = Deno.makeTempDirSync();
  try {
    test(`${dir}/note.json`);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

/** The text after damage, and what was told; a second reading has nothing to tell. */
function readTwice(path: string): { text: string | null; told: string[] } {
  const told: string[] = [];
  const text = readKept(path, (sentence) => told.push(sentence));
  assert.equal(readKept(path, (sentence) => assert.fail(sentence)), text);
  return { text, told };
}

const text = '{"name":"one",\n"größe":2}';

Deno.test("A kept text reads as it was written, the latest, and nothing is told", () =>
  inDir((path) => {
    assert.deepEqual(readTwice(path), { text: null, told: [] });
    for (const one of ["", "first", text]) {
      writeKept(path, one, noFaults);
      assert.deepEqual(readTwice(path), { text: one, told: [] });
    }
  }));

Deno.test("A kept text outlives any flipped byte and any cut of its file, and says so once", () =>
  inDir((path) => {
    writeKept(path, text, noFaults);
    const whole = Deno.readFileSync(path);
    const flips = whole.map((_, at) => at);
    const damages = [...flips].map((at) =>
      whole.map((byte, index) => index === at ? byte ^ (1 << (at % 8)) : byte)
    );
    for (const [size] of whole.entries()) damages.push(whole.slice(0, size));
    for (const damaged of damages) {
      writeKept(path, text, noFaults);
      Deno.writeFileSync(path, damaged);
      const { text: found, told } = readTwice(path);
      assert.equal(found, text);
      assert.equal(told.length, 1);
      const kept = /^(\S+) was damaged \(.*\).* is kept as (\S+)$/.exec(told[0]!);
      assert.equal(kept?.[1], path, String(told[0]));
      assert.deepEqual(Deno.readFileSync(kept![2]!), damaged);
      Deno.removeSync(kept![2]!);
    }
  }));

Deno.test("A missing file comes back from its copy, and a copy that has gone harms nobody", () =>
  inDir((path) => {
    writeKept(path, text, noFaults);
    Deno.removeSync(path);
    const { text: found, told } = readTwice(path);
    assert.equal(found, text);
    assert.deepEqual(told, [`${path} was missing and was made again from its copy`]);
    Deno.removeSync(`${path}.copy`);
    assert.deepEqual(readTwice(path), { text, told: [] });
  }));

Deno.test("A text that is damaged in both files is refused by name", () =>
  inDir((path) => {
    writeKept(path, text, noFaults);
    const refused = (error: unknown) =>
      error instanceof DamagedFileError && error.message.startsWith(`Cannot read ${path}: `);
    for (const damage of ["", "x\ncrc32c 00000000\n"]) {
      Deno.writeTextFileSync(path, damage);
      Deno.writeTextFileSync(`${path}.copy`, damage);
      assert.throws(() => readKept(path, () => {}), refused);
      Deno.removeSync(`${path}.copy`);
      assert.throws(() => readKept(path, () => {}), refused);
    }
    assert.throws(() => parseKept(path, '{"na'), refused);
  }));

Deno.test("A file of an earlier version, without a checksum, is read as it is", () =>
  inDir((path) => {
    Deno.writeTextFileSync(path, text);
    assert.deepEqual(readTwice(path), { text, told: [] });
  }));

Deno.test("A full disk leaves the text as it was", () =>
  inDir((path) => {
    writeKept(path, text, noFaults);
    assert.throws(() => writeKept(path, "new", { strikes: () => true }), StorageError);
    assert.deepEqual(readTwice(path), { text, told: [] });
  }));
