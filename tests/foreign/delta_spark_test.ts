/**
 * Judge: Apache Spark with Delta, on tables of ours and with tables of its own.
 *
 * Covers what delta-rs covers, and what Spark adds: an append under our series that it leaves out
 * because the table has it already, and deletion vectors, which we refuse.
 */
import assert from "node:assert/strict";
import { UnsupportedTable } from "../../pipelines/delta/mod.ts";
import { inFolder } from "../simulation/harness.ts";
import { DeltaJudge, schemaOf } from "./delta_judge.ts";
import { court, readsCheckpointOf, stepsOfAll } from "./delta_steps.ts";
import { judgeStreamed, judgeTables, streamed, streamedEdges } from "./delta_stream.ts";
import { columns, copyTable, numbered, reopen, series } from "./delta_tables.ts";

Deno.test("Spark judges our Delta tables", (t) =>
  inFolder(async (folder) => {
    await using judge = await DeltaJudge.spark();
    const all = await court(judge, folder);
    for (const [name, step] of Object.entries(stepsOfAll)) await t.step(name, () => step(all));

    await t.step(
      "is read by us: its checkpoint, the log before it gone",
      () => readsCheckpointOf(all, () => Promise.resolve(10)),
    );

    await t.step("leaves out a batch that our series has already", async () => {
      const dir = await copyTable(all.ours, `${folder}/series`);
      const put = (version: number) =>
        judge.append(dir, schemaOf(columns), numbered(700, 1), {
          txn: { app: series.app, version },
        });
      await put(series.last);
      assert.equal(await judge.open(dir), 8);
      await put(series.last + 1);
      assert.equal(await judge.open(dir), 9);
      await using opened = await reopen(dir);
      assert.equal(opened.table.txnVersion(series.app), series.last + 1);
    });

    await t.step("is refused by us where it marks rows as deleted", async () => {
      const dir = await copyTable(all.ours, `${folder}/vectors`);
      await judge.setProperty(dir, "delta.enableDeletionVectors", "true");
      await assert.rejects(
        reopen(dir),
        (error) => error instanceof UnsupportedTable && /deletionVectors/.test(error.message),
      );
    });

    await t.step("reads the tables of a run that was killed and started again", async () => {
      await judgeStreamed(judge, await streamed(folder));
    });

    await t.step("reads the tables of a run over all that is odd", async () => {
      await judgeTables(judge, await streamedEdges(folder));
    });
  }));
