/**
 * Classify: every landed record -> cleaned, a duplicate, or rejected with a reason, by the texts of
 * `sql/records/`.
 *
 *   in    landed_<table>, with the flaws that a record has by itself
 *   out   aside_<table> (n, verdict, reason, first_n): every record that is not cleaned
 *         raw_<table>: the columns as posted of all others, what `sql/clean/` reads
 *
 * Repeats are cleaned together with the first landing of their key, by the model that cleans
 * everything. So it does not matter in which spelling a record was sent again, and it is never
 * guessed here.
 */
import type { RecordSql } from "../record/record_sql.ts";
import type { TableName } from "../tables.ts";
import type { Row } from "../values.ts";
import type { Model } from "../warehouse/models.ts";

/** An engine with `landed_<table>`, on which statements are run one after the other. */
export interface Engine {
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<Row[]>;
  model(name: string, text: string, options: { as: "table"; file: string }): Promise<void>;
}

/**
 * Makes `aside_<table>` and the view `raw_<table>`.
 * @param landed `landed_<table>` with a column `n`
 * @param model of this table, in `sql/clean/`
 */
export async function classifyTable(
  engine: Engine,
  records: RecordSql,
  table: TableName,
  { landed, model }: { landed: string; model: Model },
): Promise<void> {
  const [repeats, compared] = [`repeat_${table}`, `compared_${table}`];
  const columns = model.header.output.map(({ name }) => name).filter((name) => name !== "ind");
  const seen = null;
  await engine.run(
    `create or replace table ${repeats} as ${records.repeats(table, { landed, seen })}`,
  );
  const [first] = await engine.rows(`select n from ${repeats} limit 1`);
  if (first !== undefined) {
    await engine.run(
      `create or replace view raw_${table} as ${records.keyedByNumber(table, repeats)}`,
    );
    await engine.model(compared, model.text, { as: "table", file: model.file });
  }
  // Planning the model costs more than most else: not for nothing.
  const verdicts = records.verdicts(
    first === undefined
      ? {
        landed,
        repeats,
        compared: "(select cast(null as int) as ind where 1 = 0)",
        seen,
        columns: [],
      }
      : { landed, repeats, compared, seen, columns },
  );
  await engine.run(`create or replace table aside_${table} as ${verdicts}`);
  const accepted = records.accepted(table, { landed, aside: `aside_${table}` });
  await engine.run(`create or replace view raw_${table} as ${accepted}`);
}
