import assert from "node:assert/strict";
import { describe, exitCodeOf } from "../../pipelines/cli/run_command.ts";
import { OutsideError, UsageError } from "../../pipelines/errors.ts";
import { noRoom } from "../../pipelines/no_room.ts";

/** An error as each writer says it, and what it has to be called. */
const full: [Error, RegExp][] = [
  // Deno 2.9.6.
  [new Error("No space left on device (os error 28)"), /^The disk is full$/],
  [new Error("File too large (os error 27)"), /limit on the size of files/],
  [new Error("Disk quota exceeded (os error 122)"), /quota/],
  // Node.
  [Object.assign(new Error("write"), { code: "ENOSPC" }), /^The disk is full$/],
  [Object.assign(new Error("write"), { code: "EDQUOT" }), /quota/],
  [Object.assign(new Error("write"), { code: "EFBIG" }), /limit on the size of files/],
  // DuckDB 1.5.
  [
    new Error('IO Error: Could not write file "/x/work.duckdb": No space left on device'),
    /^The disk is full$/,
  ],
  // Wrapped by whoever tried, as trouble outside or as the person's own.
  [new UsageError("Cannot write to the folder x: No space left on device (os error 28)"), /full/],
  [
    new OutsideError("Cannot write x", {
      retryable: false,
      cause: new Error("in between", { cause: new Error("os error 28") }),
    }),
    /^The disk is full$/,
  ],
];

for (const [error, words] of full) {
  Deno.test(`${error.name} '${error.message}' is a disk without room: exit 1, named as such`, () => {
    assert.match(String(noRoom(error)), words);
    assert.equal(exitCodeOf(error), 1);
    assert.match(describe(error, false), /^Error: The (disk|quota)/);
  });
}

Deno.test("a source file that a full disk kept from being read is not to blame", () => {
  const error = new Error("pinterest_data.csv: IO Error: No space left on device");
  error.name = "SourceFileError";
  assert.equal(exitCodeOf(error), 1);
  error.message = "pinterest_data.csv, line 3: 7 cells, 8 were expected";
  assert.equal(exitCodeOf(error), 2);
  assert.equal(noRoom(error), null);
});

Deno.test("other numbers of the system are other troubles", () => {
  for (const message of ["Permission denied (os error 13)", "os error 280", "line 28"]) {
    assert.equal(noRoom(new Error(message)), null, message);
  }
});
