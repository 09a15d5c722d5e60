/**
 * Answer: clean tables `pin`, `geo`, `user` -> the ten answers, by the models in `sql/questions/`.
 *
 * Each answer is a table of its own name in the database; its rows come back as well, because an
 * answer is small enough to be looked at.
 */
import type { DuckDbWarehouse, Value } from "./duckdb.ts";
import { modelOf, type Models, questionNames } from "./models.ts";
import { quoted } from "./quoting.ts";

export interface Answer {
  columns: string[];
  rows: Value[][];
  /** Path of its CSV file; the Parquet file stands beside it. */
  file: string;
  /** The tables that it is made of. */
  reads: string[];
}

export interface AnswerOptions {
  /** Folder of the results: files go to `answers/` below it. */
  outDir: string;
  signal?: AbortSignal | undefined;
  onProgress?: (done: number, total: number) => void;
}

/** The table of each answer, the file it goes to below the folder of results, and how. */
export const answerFiles = questionNames.map((table) => ({
  table,
  file: `answers/${table}`,
  formats: ["csv", "parquet"] as const,
}));

/**
 * Builds all answers, in the order in which they are told.
 * @throws {RunError} with file and line, if a model cannot be built
 */
export async function answerAll(
  db: DuckDbWarehouse,
  models: Models,
  { outDir, signal, onProgress }: AnswerOptions,
): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer>();
  for (const [done, name] of questionNames.entries()) {
    signal?.throwIfAborted();
    onProgress?.(done, questionNames.length);
    const model = modelOf(models, name);
    await db.model(name, model.text, { as: "table", file: model.file });
    const columns = model.header.output.map((column) => column.name);
    const rows = await db.rows(`from ${quoted(name)}`);
    answers.set(name, {
      columns,
      rows: rows.map((row) => columns.map((column) => row[column] ?? null)),
      file: `${outDir}/answers/${name}.csv`,
      reads: model.header.inputs.map(({ table }) => table),
    });
  }
  onProgress?.(questionNames.length, questionNames.length);
  return answers;
}
