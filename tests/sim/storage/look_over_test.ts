import assert from "node:assert/strict";
import { StorageError } from "../../../sim/storage/append_file.ts";
import { lookOver } from "../../../sim/storage/look_over.ts";

Deno.test("every log is opened once, also behind one that cannot be", async () => {
  const opened: number[] = [];
  const logs = [1, 2, 3].map((number) => () => {
    opened.push(number);
    if (number === 2) throw new StorageError("Cannot read it");
  });
  await lookOver(logs, () => false);
  assert.deepEqual(opened, [1, 2, 3]);
});

Deno.test("a mistake of ours is no damage, and is not passed over", async () => {
  const broken = () => {
    throw new TypeError("a bug");
  };
  await assert.rejects(lookOver([broken], () => false), TypeError);
});

Deno.test("a service that has ended opens nothing more", async () => {
  let count = 0;
  await lookOver([() => count++, () => count++], () => count > 0);
  assert.equal(count, 1);
});
