import { DuckDBInstance } from "@duckdb/node-api";
import assert from "node:assert/strict";
import { Connecting } from "../../../sim/duckdb/connecting.ts";

/** Closes an instance over and over while connections to it are being made. */
const rounds = `
import { DuckDBInstance } from "@duckdb/node-api";
import { Connecting } from "${new URL("../../../sim/duckdb/connecting.ts", import.meta.url)}";
const waits = Deno.args[0] === "waits";
for (let round = 0; round < 40; round++) {
  const instance = await DuckDBInstance.create(":memory:");
  const connecting = new Connecting();
  const made = Array.from({ length: 4 }, () => connecting.to(instance));
  for (const one of made) one.then((connection) => connection.closeSync(), () => {});
  await Promise.resolve();
  if (waits) await connecting.settled();
  instance.closeSync();
  await Promise.allSettled(made);
}
Deno.exit(0);
`;

const permissions = [
  ...["--no-prompt", "--allow-env", "--allow-sys", "--allow-ffi", "--allow-read"],
];

async function play(how: "waits" | "closes at once"): Promise<number> {
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(path, rounds);
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--config", config, ...permissions, path, how],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  await Deno.remove(path);
  return code;
}

Deno.test("an instance that waits for its connections in the making is closed in peace", async () => {
  assert.equal(await play("waits"), 0);
});

Deno.test("what is settled is over: made, or failed", async () => {
  const instance = await DuckDBInstance.create(":memory:");
  const connecting = new Connecting();
  let made = 0;
  const all = [instance, Promise.resolve(instance)].map((one) =>
    connecting.to(one).then((connection) => {
      made++;
      connection.closeSync();
    })
  );
  const failing = connecting.to(Promise.reject(new Error("no room"))).catch(String);
  await connecting.settled();
  await Promise.all(all);
  assert.equal(made, 2);
  assert.equal(await failing, "Error: no room");
  instance.closeSync();
});
