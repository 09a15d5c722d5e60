import assert from "node:assert/strict";
import { noFaults } from "../../../sim/faults/plan.ts";
import {
  AppendFile,
  readFileIfAny,
  replaceFile,
  StorageError,
} from "../../../sim/storage/append_file.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);
const diskFull = { strikes: () => true };

function withDir(test: (dir: string) => void): () => void {
  return () => {
    const dir = Deno.makeTempDirSync();
    try {
      test(dir);
    } finally {
      Deno.removeSync(dir, { recursive: true });
    }
  };
}

Deno.test(
  "What was appended is in the file at once, and reads may stand between",
  withDir((dir) => {
    using file = new AppendFile(`${dir}/f`, noFaults);
    assert.equal(file.append(bytes(1, 2, 3)), 0);
    const two = new Uint8Array(2);
    assert.equal(file.read(two, 1), 2);
    assert.deepEqual(two, bytes(2, 3));
    assert.equal(file.append(bytes(4)), 3);
    assert.deepEqual(Deno.readFileSync(`${dir}/f`), bytes(1, 2, 3, 4));
  }),
);

Deno.test(
  "A read at the end gives what there is",
  withDir((dir) => {
    using file = new AppendFile(`${dir}/f`, noFaults);
    file.append(bytes(1, 2, 3));
    assert.equal(file.read(new Uint8Array(10), 2), 1);
    assert.equal(file.read(new Uint8Array(10), 3), 0);
  }),
);

Deno.test(
  "A full disk leaves the file as it was, and the next append works",
  withDir((dir) => {
    let isFull = false;
    using file = new AppendFile(`${dir}/f`, { strikes: () => isFull });
    file.append(bytes(1, 2, 3));
    isFull = true;
    assert.throws(() => file.append(bytes(4, 5, 6, 7)), StorageError);
    assert.deepEqual(Deno.readFileSync(`${dir}/f`), bytes(1, 2, 3));
    isFull = false;
    assert.equal(file.append(bytes(8)), 3);
    assert.deepEqual(Deno.readFileSync(`${dir}/f`), bytes(1, 2, 3, 8));
  }),
);

Deno.test(
  "The system's own refusal is told with its reason",
  withDir((dir) => {
    assert.throws(
      () => new AppendFile(`${dir}/missing/f`, noFaults),
      (error) => error instanceof StorageError && /No such file/.test(error.message),
    );
  }),
);

Deno.test(
  "A file is replaced as a whole, or stays when the disk is full",
  withDir((dir) => {
    const path = `${dir}/f`;
    assert.equal(readFileIfAny(path), null);
    replaceFile(path, bytes(1), noFaults);
    replaceFile(path, bytes(2, 3), noFaults);
    assert.throws(() => replaceFile(path, bytes(4), diskFull), StorageError);
    assert.deepEqual(readFileIfAny(path), bytes(2, 3));
  }),
);
