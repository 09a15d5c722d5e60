/**
 * Apache Spark in ANSI mode as a judge of SQL: statements in, types and rows out, in the form in
 * which our warehouse hands them out.
 */
import type { Column } from "../../sql/dialect/mod.ts";
import type { Value } from "../../pipelines/warehouse/duckdb.ts";
import { Judge } from "./judge.ts";
import { deltaPython, java } from "./tools.ts";

export interface Answer {
  columns: [name: string, type: string][];
  rows: Value[][];
}

export type Answered = Answer | { error: string };

/** Rows in the order of the columns. */
export interface Table {
  columns: readonly Column[];
  rows: readonly (readonly Value[])[];
}

export type Named = [name: string, sql: string];

export class SparkSql implements AsyncDisposable {
  readonly #judge: Judge;

  private constructor(judge: Judge) {
    this.#judge = judge;
  }

  /** About six seconds until it is there. */
  static async start(): Promise<SparkSql> {
    await java();
    return new SparkSql(await Judge.start(await deltaPython(), "spark_sql_judge.py"));
  }

  /** `args` are the values of the parameters. */
  async answer(sql: string, args?: Record<string, Value>): Promise<Answer> {
    return await this.#judge.ask("answer", { sql, args }) as Answer;
  }

  /** What Spark says to each; a refused one does not stop the others. */
  async answers(sqls: readonly string[]): Promise<Answered[]> {
    return await this.#judge.ask("answers", { sqls }) as Answered[];
  }

  /** Over tables given: queries that later ones may name, then some that nobody names. */
  async models(
    given: Record<string, Table>,
    build: readonly Named[],
    ask: readonly Named[],
  ): Promise<Record<string, Answer>> {
    const question = { given: asJson(given), build, ask };
    return await this.#judge.ask("models", question) as Record<string, Answer>;
  }

  /**
   * Builds models that make a row of each row; `worlds` says to which world each row belongs, and
   * in the view `all_<model>` that is a column.
   */
  async many(
    given: Record<string, Table>,
    build: readonly Named[],
    worlds: Record<string, readonly number[]>,
  ): Promise<Record<string, Answer>> {
    const question = { given: asJson(given), build, worlds };
    return await this.#judge.ask("many", question) as Record<string, Answer>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#judge[Symbol.asyncDispose]();
  }
}

function asJson(given: Record<string, Table>): Record<string, unknown> {
  const tables = Object.entries(given).map(([name, { columns, rows }]) => [name, {
    columns: columns.map((column) => [column.name, column.type]),
    rows,
  }]);
  return Object.fromEntries(tables);
}
