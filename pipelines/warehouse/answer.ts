/**
 * Answer: clean tables `pin`, `geo`, `user` -> an answer to each question, by its model in
 * `sql/questions/`.
 *
 * Each answer is a table of its own name in the database; its rows come back as well, because an
 * answer is small enough to be looked at.
 */
import type { Listener } from "../events.ts";
import type { DuckDbWarehouse, Value } from "./duckdb.ts";
import type { Caption } from "./captions.ts";
import { type Models, type Question, questionsOf } from "./models.ts";
import { quoted } from "./quoting.ts";

export interface Answer {
  caption: Caption;
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
  tell?: Listener | undefined;
}

/** How far answering is, question by question. */
export function answering(total: number) {
  return { stage: "answer", unit: "questions", total };
}

/** The table of each answer, the file it goes to below the folder of results, and how. */
export function answerFiles(answers: ReadonlyMap<string, Answer>) {
  return [...answers.keys()].map((table) => ({
    table,
    file: `answers/${table}`,
    formats: ["csv", "parquet"] as const,
  }));
}

/** The answer that stands in the database, as a table of the question's name. */
export async function readAnswer(
  db: DuckDbWarehouse,
  { name, header, caption }: Question,
  { outDir, models }: { outDir: string; models: Models },
): Promise<Answer> {
  const columns = header.output.map((column) => column.name);
  const rows = await db.rows(`from ${quoted(name)}`);
  return {
    caption,
    columns,
    rows: rows.map((row) => columns.map((column) => row[column] ?? null)),
    file: `${outDir}/answers/${name}.csv`,
    reads: tablesOf(name, models),
  };
}

/** What a question reads, and what that is made of. */
function tablesOf(name: string, models: Models): string[] {
  const tables = models.get(name)?.header.inputs.map(({ table }) => table) ?? [];
  const behind = tables.filter((table) => models.get(table)?.caption)
    .flatMap((table) => tablesOf(table, models));
  return [...new Set([...tables, ...behind])];
}

/**
 * Builds all answers, in the order in which they are told.
 * @throws {RunError} with file and line, if a model cannot be built
 */
export async function answerAll(
  db: DuckDbWarehouse,
  models: Models,
  { outDir, signal, tell }: AnswerOptions,
): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer>();
  const questions = questionsOf(models);
  const stage = answering(questions.length);
  for (const [done, question] of questions.entries()) {
    signal?.throwIfAborted();
    const { name, text, file } = question;
    tell?.stage?.({ ...stage, done, note: name });
    await db.model(name, text, { as: "table", file });
    answers.set(name, await readAnswer(db, question, { outDir, models }));
  }
  tell?.stage?.({ ...stage, done: stage.total });
  return answers;
}
