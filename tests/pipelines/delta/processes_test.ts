/** Writers in real processes, on one table. */
import assert from "node:assert/strict";
import { numbersIn, withDisk } from "./helper.ts";

const script = new URL("./writer_process.ts", import.meta.url).pathname;

function start(dir: string, writer: number, count: number): Deno.ChildProcess {
  const grants = ["net=127.0.0.1", "env", "sys", "ffi", "read", "write"];
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--no-check", ...grants.map((grant) => `--allow-${grant}`)],
      ...[script, `${dir}/table`, `${dir}/work-${writer}`, String(writer), String(count)],
    ],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

const numbersOf = (writer: number, count: number) =>
  Array.from({ length: count }, (_, at) => writer * 1000 + at + 1);

Deno.test("Three processes append, compact and checkpoint at once: no gap, no loss, no double", () =>
  withDisk(async ({ create, open, db, dir, storage }) => {
    await create();
    const writers = [1, 2, 3];
    const ended = await Promise.all(writers.map((writer) => start(dir, writer, 20).output()));
    for (const { success, stderr } of ended) assert.ok(success, new TextDecoder().decode(stderr));
    const table = await open();
    assert.deepEqual(await numbersIn(db, table), writers.flatMap((of) => numbersOf(of, 20)));
    for (const writer of writers) assert.equal(table.txnVersion(`writer-${writer}`), 20);
    const commits = (await storage.list("_delta_log/")).map(({ name }) => name)
      .filter((name) => /\/[0-9]{20}[.]json$/.test(name));
    assert.equal(commits.length, table.version + 1);
    assert.ok(table.version >= 60);
  }));

Deno.test("A process killed at any moment and started again loses nothing and doubles nothing", () =>
  withDisk(async ({ create, open, db, dir }) => {
    await create();
    // Milliseconds after it is ready: in the middle of whatever it is doing then.
    for (const lifeMs of [0, 7, 31, 64]) {
      const process = start(dir, 1, 100_000);
      const reader = process.stdout.getReader();
      await reader.read();
      await new Promise((resolve) => setTimeout(resolve, lifeMs));
      process.kill("SIGKILL");
      await Promise.all([process.status, reader.cancel(), process.stderr.cancel()]);
    }
    const reached = (await open()).txnVersion("writer-1") ?? 0;
    const last = await start(dir, 1, reached + 3).output();
    assert.ok(last.success, new TextDecoder().decode(last.stderr));
    const table = await open();
    assert.equal(table.txnVersion("writer-1"), reached + 3);
    assert.deepEqual(await numbersIn(db, table), numbersOf(1, reached + 3));
  }));
