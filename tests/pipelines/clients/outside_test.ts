import assert from "node:assert/strict";
import { deniedHost, outside } from "../../../pipelines/clients/outside.ts";
import { OutsideError, UsageError } from "../../../pipelines/errors.ts";

Deno.test("outside says what was tried and what was found, with the library's error as cause", () => {
  const cause = new Error("connect failed", { cause: new Error("ECONNREFUSED") });
  const error = outside("read the moon", cause, { retryable: true });
  assert.ok(error instanceof OutsideError);
  assert.equal(error.message, "Cannot read the moon: connect failed (ECONNREFUSED)");
  assert.equal(error.retryable, true);
  assert.equal(error.cause, cause);
});

Deno.test("outside leaves an error that is told already as it is", () => {
  for (const told of [new OutsideError("x", { retryable: true }), new UsageError("y")]) {
    assert.equal(outside("z", told, { retryable: false }), told);
  }
});

Deno.test("A refused permission is found wherever in the chain it stands, as the runtime says it", async () => {
  const refused = await fetch("http://10.255.255.1/").catch((error: unknown) => error);
  assert.equal(deniedHost(refused), "10.255.255.1:80");
  const wrapped = new Error("gave up", { cause: new Error("no luck", { cause: refused }) });
  const error = outside("post", wrapped, { retryable: true });
  assert.ok(error instanceof UsageError);
  assert.match(error.message, /no network access to 10\.255\.255\.1:80.*--allow-net=/);
  assert.equal(deniedHost(new Error("something else")), undefined);
});

Deno.test("An error that stands for several tells the first of them", () => {
  const error = new AggregateError([new Error("no leader"), new Error("no disk")], "Two errors");
  assert.equal(
    outside("x", error, { retryable: true }).message,
    "Cannot x: Two errors (no leader)",
  );
});
