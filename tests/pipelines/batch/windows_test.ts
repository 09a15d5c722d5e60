import assert from "node:assert/strict";
import { readSinkConfig } from "../../../pipelines/batch/sink_config.ts";
import { type LandedObject, Windows } from "../../../pipelines/batch/windows.ts";

const config = readSinkConfig({ "flush.size": "3" });
const value = (text: string) => new TextEncoder().encode(text);

function push(windows: Windows, offsets: bigint[], text = "{}"): LandedObject[] {
  return offsets.flatMap((offset) => [...windows.push({ offset, value: value(text) })]);
}

const summary = ({ key, recordCount, resumeOffset, isReject }: LandedObject) =>
  `${key.slice(-15, -5)} x${recordCount} ->${resumeOffset}${isReject ? " reject" : ""}`;

Deno.test("Windows are counted from the position they begin at", () => {
  const windows = new Windows(config, "t", 0, 100n);
  assert.deepEqual(push(windows, [100n, 101n, 102n, 103n, 104n]).map(summary), [
    "0000000100 x3 ->103",
  ]);
  assert.equal(windows.position, 105n);
  assert.equal(summary(windows.open()!), "0000000103 x2 ->103");
});

Deno.test("The first offset may lie behind the position: what was there has expired", () => {
  const windows = new Windows(config, "t", 0, 100n);
  assert.deepEqual(push(windows, [250n, 251n, 252n]).map(summary), ["0000000250 x3 ->253"]);
});

Deno.test("A message that comes once more is not taken twice", () => {
  const windows = new Windows(config, "t", 0, 0n);
  assert.deepEqual(push(windows, [0n, 1n, 0n, 1n, 2n, 2n, 3n]).map(summary), ["0000000000 x3 ->3"]);
  assert.equal(summary(windows.open()!), "0000000003 x1 ->3");
});

Deno.test("A reject closes the window before it and resumes behind itself", () => {
  const windows = new Windows(config, "t", 0, 0n);
  push(windows, [0n]);
  const objects = push(windows, [1n], "{");
  assert.deepEqual(objects.map(summary), ["0000000000 x1 ->1", "0000000001 x1 ->2 reject"]);
  assert.equal(windows.open(), undefined);
  assert.equal(windows.position, 2n);
});

Deno.test("An object's bytes are its own: later messages do not change them", () => {
  const windows = new Windows(config, "t", 0, 0n);
  const [first] = push(windows, [0n, 1n, 2n], "1");
  push(windows, [3n, 4n, 5n], "2");
  assert.equal(new TextDecoder().decode(first?.bytes), "1\n1\n1\n");
});
