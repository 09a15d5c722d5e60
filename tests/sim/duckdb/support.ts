/** What the tests of the gate and of its lock share: a DuckDB as the services open it. */
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { closedSettings, lockSettings } from "../../../sim/duckdb/settings.ts";

export interface Engine extends AsyncDisposable {
  connection: DuckDBConnection;
  dir: string;
}

/** A database of its own, closed and locked. */
export async function locked(): Promise<Engine> {
  const dir = await Deno.makeTempDir();
  const path = `${dir}/own.duckdb`;
  const spill = { temp_directory: `${dir}/spill`, memory_limit: "32MB" };
  const instance = await DuckDBInstance.create(path, { ...spill, ...closedSettings });
  await lockSettings(instance);
  const connection = await instance.connect();
  return {
    connection,
    dir,
    async [Symbol.asyncDispose]() {
      connection.closeSync();
      instance.closeSync();
      await Deno.remove(dir, { recursive: true });
    },
  };
}
