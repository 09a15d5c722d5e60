import assert from "node:assert/strict";
import { isGone, ReaderGone, writeTo } from "../../../pipelines/cli/output.ts";
import { RunError } from "../../../pipelines/errors.ts";

Deno.test("a text is written whole, however little is taken at a time", async () => {
  const taken: number[] = [];
  const writer = {
    write(bytes: Uint8Array) {
      const part = bytes.subarray(0, 3);
      taken.push(...part);
      return Promise.resolve(part.length);
    },
  };
  await writeTo(writer, "höchstens drei 🌿");
  assert.equal(new TextDecoder().decode(Uint8Array.from(taken)), "höchstens drei 🌿");
});

Deno.test("a reader that leaves is told apart from a disk that is full", async () => {
  const failing = (error: Error) => ({ write: () => Promise.reject(error) });
  await assert.rejects(writeTo(failing(new Deno.errors.BrokenPipe("gone")), "x"), ReaderGone);
  await assert.rejects(writeTo(failing(new Error("No space left on device")), "x"), (error) => {
    assert.ok(error instanceof RunError);
    assert.match(error.message, /standard output: No space left on device/);
    return true;
  });
});

Deno.test("EIO is a terminal that was closed, and from a file a disk that is bad", () => {
  // As Deno says it: what a write to the other end of a closed pseudo-terminal throws.
  const error = new Error("Input/output error (os error 5)");
  assert.equal(isGone(error, true), true);
  assert.equal(isGone(error, false), false);
  assert.equal(isGone(new Error("No space left on device (os error 28)"), true), false);
});
