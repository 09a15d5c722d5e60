/**
 * Answers: the stream's Delta tables, as they stand -> an answer to each question, and their files.
 *
 *   in    the newest version of `<id>_pin_table`, `<id>_geo_table`, `<id>_user_table`
 *   out   `answers/<name>.csv|.parquet`
 *
 * The same models as in the batch, over what any other reader of the tables would see.
 */
import type { DeltaTable } from "../delta/mod.ts";
import type { Listener } from "../events.ts";
import { removeStale, writing } from "../results.ts";
import { type TableName, tableNames } from "../tables.ts";
import { type Answer, answerAll, answerFiles } from "../warehouse/answer.ts";
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import type { Models } from "../warehouse/models.ts";
import { quoted } from "../warehouse/quoting.ts";

export interface AnswerWorks {
  db: DuckDbWarehouse;
  tables: Readonly<Record<TableName, DeltaTable>>;
  models: Models;
}

/**
 * @throws {RunError} if a model cannot be built or there is no room for the files
 * @throws {UsageError} if the folder cannot be written to
 */
export async function streamAnswers(
  { db, tables, models }: AnswerWorks,
  options: { outDir: string; tell?: Listener },
): Promise<Map<string, Answer>> {
  for (const table of tableNames) {
    await db.run(`create or replace view ${quoted(table)} as from ${await tables[table].scan()}`);
  }
  const answers = await answerAll(db, models, options);
  const folder = `${options.outDir}/answers`;
  await writing(folder, () => Deno.mkdir(folder, { recursive: true }));
  const files: string[] = [];
  for (const { table, file, formats } of answerFiles(answers)) {
    for (const format of formats) {
      await db.copyTo(table, `${options.outDir}/${file}.${format}`, format);
      files.push(`${file}.${format}`);
    }
  }
  await removeStale(options.outDir, files);
  return answers;
}
