/**
 * Records on Spark: lines of a table -> keys, flaws and verdicts, as the cells of a notebook.
 *
 *   in    a relation with n (the order of landing) and `line`
 *   out   landed_<table>, repeat_<table>, compared_<table>, aside_<table>, raw_<table>: as the
 *         texts of `sql/records/` make them; the model reads raw_<table>
 *
 * What a record is and what becomes of it is decided by those texts, what a value means by the
 * model: all stand here as they are in `sql/`.
 */
import { hasNames, type NotJson, readLines } from "../../record/databricks_reading.ts";
import { columnNames, type RecordSql } from "../../record/record_sql.ts";
import type { TableName } from "../../tables.ts";
import type { Model } from "../../warehouse/models.ts";
import { text, ticked } from "../../warehouse/quoting.ts";

export interface Judging {
  table: TableName;
  model: Model;
  records: RecordSql;
  /** Relation with `n` and `line`. */
  lines: string;
  notJson: NotJson;
  /**
   * What earlier batches left in the table; null: there were none. Otherwise `:later` stands in
   * the steps for a text: the names, between commas, of the columns that the table was given later.
   */
  seen: string | null;
}

export interface Step {
  title: string;
  /** What the query is called from then on. */
  name: string;
  query: string;
  /** Whether its rows are to be stored: others read them so often that a view would cost much. */
  isStored: boolean;
}

/** From `landed_<table>` to `raw_<table>`, which the model reads. */
export function judgingSteps(judging: Judging): Step[] {
  const { table, model, records } = judging;
  const [landed, repeats] = [`landed_${table}`, `repeat_${table}`];
  const [compared, aside] = [`compared_${table}`, `aside_${table}`];
  const columns = model.header.output.map(({ name }) => name).filter((name) => name !== "ind");
  const seen = judging.seen === null ? null : `seen_${table}`;
  const step = (title: string, name: string, query: string, isStored = false): Step => ({
    title,
    name,
    query,
    isStored,
  });
  return [
    step("Columns as posted, and what is wrong with a record", landed, landedQuery(judging), true),
    ...judging.seen === null ? [] : [step(
      "What the table has of these keys",
      `seen_${table}`,
      `select had.*
from ${judging.seen} as had
left semi join ${landed} as arrived on arrived.landed_key = had.ind`,
    )],
    step("Records whose key landed before", repeats, records.repeats(table, { landed, seen })),
    step(
      `The model over those, ${model.file}`,
      compared,
      overRaw(model, table, records.keyedByNumber(table, repeats)),
    ),
    step(
      "Duplicates and rejects",
      aside,
      records.verdicts({
        landed,
        repeats,
        compared,
        seen,
        columns,
        ...seen !== null && { sameAsSeen: sameAsSeen(columns) },
      }),
      true,
    ),
    step("What the model reads", `raw_${table}`, records.accepted(table, { landed, aside })),
  ];
}

/**
 * A row is judged by the columns that the table had when it was written. Spark does not say which
 * those are, so that a null in a column that came later is taken for a row older than it.
 */
function sameAsSeen(columns: readonly string[]): string {
  const same = columns.map((name) => {
    const [cleaned, seen] = [`cleaned.${ticked(name)}`, `seen.${ticked(name)}`];
    return `(${cleaned} <=> ${seen} or ${seen} is null and find_in_set(${text(name)}, :later) > 0)`;
  });
  return same.length === 0 ? "true" : same.join(" and ");
}

export const viewOf = ({ name, query }: Pick<Step, "name" | "query">): string =>
  `create or replace temporary view ${name} as\n${query}`;

function landedQuery({ table, records, lines, notJson }: Judging): string {
  const read = records.read(table, readLines(table, lines, notJson), hasNames);
  return `select
    n,
    line,
    ${columnNames(table).map(ticked).join(",\n    ")},
    landed_key,
    flaw
from (
${read}
) as judged`;
}

/** The model over other rows than those of the view that it names. */
function overRaw(model: Model, table: TableName, raw: string): string {
  const query = model.text.replace(/^(\s*--.*\n)+/, "").trimStart();
  const rest = /^with\s/i.test(query) ? `,\n${query.slice("with ".length)}` : `\n${query}`;
  return typedQuery({ text: `with raw_${table} as (\n${raw}\n)${rest}`, header: model.header });
}

/** A model's query, every column cast to the type that its header declares. */
export function typedQuery({ text: query, header }: Pick<Model, "text" | "header">): string {
  const columns = header.output.map(({ name, type }) =>
    `cast(${ticked(name)} as ${type}) as ${ticked(name)}`
  );
  return `select
    ${columns.join(",\n    ")}
from (
${query.trim()}
)`;
}

/** Query of what is rejected: n, reason. */
export const rejectedRows = (table: TableName): string =>
  `select
    n,
    reason
from aside_${table}
where verdict = 'rejected'`;

/** Expression: bytes as text, in one piece whatever the runtime thinks of line breaks. */
export function base64Of(bytes: string): string {
  return `translate(base64(${bytes}), concat(chr(13), chr(10)), '')`;
}
