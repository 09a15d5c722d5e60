/**
 * Judge: delta-rs (PyPI's `deltalake`), on tables of ours and with tables of its own.
 *
 * Covers schema, rows, history and time travel; our checkpoint as the only way in; appends,
 * deletes, compaction and vacuum by both; tables that it wrote; a race of both for versions; and
 * what the `stream` command leaves.
 */
import assert from "node:assert/strict";
import { inFolder } from "../simulation/harness.ts";
import { DeltaJudge, ourRows, schemaOf, sorted } from "./delta_judge.ts";
import { court, readsCheckpointOf, stepsOfAll } from "./delta_steps.ts";
import { judgeStreamed, judgeTables, streamed, streamedEdges } from "./delta_stream.ts";
import { columns, copyTable, numbered, queryOf, reopen, series } from "./delta_tables.ts";

Deno.test("delta-rs judges our Delta tables", (t) =>
  inFolder(async (folder) => {
    await using judge = await DeltaJudge.deltaRs();
    const all = await court(judge, folder);
    for (const [name, step] of Object.entries(stepsOfAll)) await t.step(name, () => step(all));

    await t.step(
      "is read by us: its checkpoint, the log before it gone",
      () =>
        readsCheckpointOf(all, async (dir) => {
          await judge.checkpoint(dir);
          return 11;
        }),
    );

    await t.step("knows how far our series has come", async () => {
      assert.equal(await judge.txnVersion(all.ours, series.app), series.last);
    });

    await t.step("races us for versions, and neither loses a row", async () => {
      const dir = await copyTable(all.ours, `${folder}/race`);
      await using opened = await reopen(dir);
      const before = await ourRows(opened.db, opened.table);
      const theirs = async () => {
        for (let at = 0; at < 20; at++) {
          await judge.append(dir, schemaOf(columns), numbered(10_000 + at, 1));
        }
      };
      const ours = async () => {
        for (let at = 0; at < 20; at++) {
          await opened.table.append(queryOf(numbered(20_000 + at, 1)));
        }
      };
      await Promise.all([theirs(), ours()]);
      const all20 = (from: number) =>
        Array.from({ length: 20 }, (_, at) => numbered(from + at, 1)).flat();
      const expected = sorted([...before, ...all20(10_000), ...all20(20_000)]);
      assert.deepEqual(sorted((await judge.read(dir)).rows), expected);
      await opened.table.refresh();
      assert.deepEqual(sorted(await ourRows(opened.db, opened.table)), expected);
      assert.equal(opened.table.version, 8 + 40);
    });

    await t.step("reads the tables of a run that was killed and started again", async () => {
      await judgeStreamed(judge, await streamed(folder));
    });

    await t.step("reads the tables of a run over all that is odd", async () => {
      await judgeTables(judge, await streamedEdges(folder));
    });
  }));
