import assert from "node:assert/strict";
import { DuckDBInstance } from "@duckdb/node-api";
import { Interruption } from "../../../sim/duckdb/interruption.ts";

/** A million times a million comparisons: it would not end by itself. */
const endless = "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range < b.range";

Deno.test("a statement ends however early the interruption begins, also before it is sent", async () => {
  const instance = await DuckDBInstance.create(":memory:");
  for (const delayMs of [null, 0, 1, 5, 50]) {
    const connection = await instance.connect();
    const interruption = new Interruption(connection);
    if (delayMs === null) interruption.begin();
    const running = assert.rejects(connection.run(endless), /interrupt/i);
    const timer = setTimeout(() => interruption.begin(), delayMs ?? 0);
    await running;
    clearTimeout(timer);
    interruption.end();
    assert.ok(interruption.hasBegun);
    connection.closeSync();
  }
  instance.closeSync();
});
