/**
 * A writer in a process of its own: appends its numbers from where its series stands up to
 * `count`, one a commit; `writer * 1000 + number`.
 *
 *   deno run writer_process.ts <table folder> <work folder> <writer> <count>
 */
import { diskStorage, openTable } from "../../../pipelines/delta/mod.ts";
import { openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import { numbers } from "./helper.ts";

if (import.meta.main) {
  const [dir = "", workDir = "", writer = "", count = ""] = Deno.args;
  await using db = await openDuckDb({ threads: 1 });
  const table = await openTable(diskStorage(dir), db, { workDir, checkpointEvery: 7 });
  if (table === null) throw new Error(`No table at ${dir}`);
  const appId = `writer-${writer}`;
  console.log("ready");
  for (let at = (table.txnVersion(appId) ?? 0) + 1; at <= Number(count); at++) {
    await table.append(numbers(Number(writer) * 1000 + at), { txn: { appId, version: at } });
    if (at % 10 === 0) await table.compact({ minFiles: 4 }).catch(conflictIsFine);
  }
  console.log("done");
}

/** Another process compacted the same files. */
function conflictIsFine(error: unknown): void {
  if (!(error instanceof Error && /removed .*, which we remove as well/.test(error.message))) {
    throw error;
  }
}
