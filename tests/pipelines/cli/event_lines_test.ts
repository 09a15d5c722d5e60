import assert from "node:assert/strict";
import { EventLines } from "../../../pipelines/cli/event_lines.ts";
import { UsageError } from "../../../pipelines/errors.ts";

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A file whose writes wait until they are let through, or fail. */
function heldFile() {
  const gate = Promise.withResolvers<void>();
  let text = "";
  return {
    gate,
    text: () => text,
    async write(bytes: Uint8Array) {
      await gate.promise;
      const taken = Math.min(bytes.length, 1_000);
      text += new TextDecoder().decode(bytes.subarray(0, taken));
      return taken;
    },
    close() {},
  };
}

Deno.test("events are whole lines of JSON in their order, and replace what the file held", () =>
  inFolder(async (folder) => {
    const path = `${folder}/events.jsonl`;
    await Deno.writeTextFile(
      path,
      "of an earlier run, and longer than all that comes\n".repeat(99),
    );
    const lines = await EventLines.open(path);
    for (let count = 0; count < 3; count++) lines.write({ event: "counts", count, text: "a\nb" });
    await lines[Symbol.asyncDispose]();
    const text = await Deno.readTextFile(path);
    assert.deepEqual(
      text.trimEnd().split("\n").map((line) => JSON.parse(line)),
      [0, 1, 2].map((count) => ({ event: "counts", count, text: "a\nb" })),
    );
  }));

Deno.test("what cannot be written to is wrong usage, and says what was given", async () => {
  for (const where of ["/nowhere/at/all.jsonl", ".", "987"]) {
    await assert.rejects(
      EventLines.open(where),
      (error: Error) => error instanceof UsageError && error.message.includes(`--events ${where}`),
    );
  }
});

Deno.test("a reader that is slow loses lines beyond a limit, and is told how many", async () => {
  const file = heldFile();
  const lines = new EventLines(file);
  for (let count = 0; count < 10_100; count++) lines.write({ event: "counts", count });
  file.gate.resolve();
  await lines[Symbol.asyncDispose]();
  const told = file.text().trimEnd().split("\n").map((line) => JSON.parse(line));
  const { event, count } = told.findLast((one) => one.event === "dropped");
  assert.equal(event, "dropped");
  // One more was on its way when the reader began to be slow.
  assert.ok(count === 100 || count === 99, count);
  assert.equal(told.length - 1 + count, 10_100);
});

Deno.test("a reader that has left, and one that takes nothing, end nothing", async () => {
  const gone = heldFile();
  gone.gate.reject(new Deno.errors.BrokenPipe("Broken pipe"));
  const lines = new EventLines(gone);
  lines.write({ event: "counts" });
  await new Promise((resolve) => setTimeout(resolve, 10));
  lines.write({ event: "counts" });
  await lines[Symbol.asyncDispose]();
  const silent = new EventLines(heldFile());
  silent.write({ event: "counts" });
  await silent[Symbol.asyncDispose]();
});
