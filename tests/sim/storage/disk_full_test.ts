import assert from "node:assert/strict";
import { noFaults } from "../../../sim/faults/plan.ts";
import { AppendFile, replaceFile, StorageError } from "../../../sim/storage/append_file.ts";
import {
  isDiskFull,
  onDiskFull,
  PlannedFullDisk,
  tellIfFull,
} from "../../../sim/storage/disk_full.ts";

/** What Deno throws where the disk is full. */
const noSpaceLeft = new Error("No space left on device (os error 28)");

Deno.test("a disk without room is told once, with the file and the reason", () => {
  const told: string[] = [];
  onDiskFull((what) => told.push(what));
  for (let attempt = 0; attempt < 3; attempt++) tellIfFull("data/small", noSpaceLeft);
  tellIfFull("data/other", new Error("another trouble"));
  assert.deepEqual(told, ["Cannot write data/small: No space left on device (os error 28)"]);
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
