import assert from "node:assert/strict";
import { noFaults } from "../../../sim/faults/plan.ts";
import { AppendFile, replaceFile, StorageError } from "../../../sim/storage/append_file.ts";
import { isDiskFull, onDiskFull, PlannedFullDisk } from "../../../sim/storage/disk_full.ts";

Deno.test("a disk without room is told once, with the file and the reason", () => {
  const told: string[] = [];
  onDiskFull((what) => told.push(what));
  const dir = Deno.makeTempDirSync();
  try {
    const path = `${dir}/small`;
    Deno.symlinkSync("/dev/full", `${path}.new`); // Every write to it is ENOSPC.
    for (let attempt = 0; attempt < 3; attempt++) {
      assert.throws(() => replaceFile(path, new Uint8Array(10), noFaults), StorageError);
    }
    assert.equal(told.length, 1);
    assert.match(told[0]!, /^Cannot write .*\/small: No space left on device \(os error 28\)/);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});

Deno.test("a full disk that the plan of faults asked for is told to nobody", () => {
  const told: string[] = [];
  onDiskFull((what) => told.push(what));
  const planned = { ...noFaults, strikes: (point: string) => point === "disk.full" };
  const dir = Deno.makeTempDirSync();
  try {
    using file = new AppendFile(`${dir}/log`, planned);
    assert.throws(() => file.append(new Uint8Array(10)), StorageError);
    assert.throws(() => replaceFile(`${dir}/small`, new Uint8Array(10), planned), StorageError);
    assert.deepEqual(told, []);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
  assert.equal(isDiskFull(new PlannedFullDisk()), true);
});
