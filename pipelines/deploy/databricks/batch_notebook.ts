/**
 * Batch notebooks: the models of `sql/` -> SQL notebooks that clean what landed in the bucket and
 * answer the questions, for a SQL warehouse or a cluster.
 *
 *   in    `s3://<bucket>/topics/<id>.<table>/partition=<n>/…json`, one record per line
 *   out   tables landed_<table>, <table>, rejects_<table>, nulled_<table>; views rejects, nulled;
 *         a table for each answer
 *
 * Three cleans touch nothing of each other, so they may run side by side.
 * A cell that finds a broken promise, or counts that do not add up, fails the run.
 *
 * Left out: what our own sink could not decode (`rejects/…` in the bucket; the connector has no
 * such folder).
 */
import { splitStatements, type Token } from "../../../sql/dialect/mod.ts";
import { defaultLayout } from "../../batch/sink_config.ts";
import { RunError } from "../../errors.ts";
import { linesOf, numberedLines, objectsOf } from "../../record/databricks_reading.ts";
import { reasons } from "../../record/reasons.ts";
import type { RecordSql } from "../../record/record_sql.ts";
import { type TableName, tableNames, topicOf } from "../../tables.ts";
import { type Model, modelOf, type Models, questionsOf } from "../../warehouse/models.ts";
import { nulledQuery, tellingText } from "../../warehouse/nulled.ts";
import { type Cell, code, markdown, notebookText } from "./notebook.ts";
import { base64Of, judgingSteps, rejectedRows, type Step, typedQuery, viewOf } from "./records.ts";
import { text, ticked } from "../../warehouse/quoting.ts";

export interface BatchNotebookOptions {
  id: string;
  bucket: string;
  models: Models;
  records: RecordSql;
}

/** Everything in one notebook, for a person. */
export function batchNotebook(options: BatchNotebookOptions): string {
  return notebookText("sql", [
    markdown(`# Batch: what landed -> clean tables -> answers

${origin}

Parameters: \`catalog\` and \`schema\`, where the tables go. The bucket
\`${options.bucket}\` must be an external location that you may read.`),
    ...sessionCells(),
    ...tableNames.flatMap((table) => cleanCells(table, options)),
    ...questionCells(options),
  ]);
}

/** One task of the job. */
export function cleanNotebook(table: TableName, options: BatchNotebookOptions): string {
  return notebookText("sql", [
    markdown(`# Clean ${table}\n\n${origin}`),
    ...sessionCells(),
    ...cleanCells(table, options),
  ]);
}

/** The task behind the three cleans. */
export function questionsNotebook(options: BatchNotebookOptions): string {
  return notebookText("sql", [
    markdown(`# Questions\n\n${origin}`),
    ...sessionCells(),
    ...questionCells(options),
  ]);
}

/** What every generated file says of itself. */
export const origin = "Generated from `sql/` by `deno task notebooks`: change the models there, " +
  "never this file.";

function sessionCells(): Cell[] {
  return [
    code("Times are UTC", "set time zone 'UTC'"),
    code("Catalog", "use catalog identifier(:catalog)"),
    code("Schema, made if it is missing", "create schema if not exists identifier(:schema)"),
    code("Use the schema", "use schema identifier(:schema)"),
  ];
}

function cleanCells(table: TableName, options: BatchNotebookOptions): Cell[] {
  const { id, bucket, records } = options;
  const model = modelOf(options.models, table);
  const topic = topicOf(id, table);
  const { topicsDir, fileDelimiter } = defaultLayout;
  const place = { prefix: `s3://${bucket}/${topicsDir}/${topic}/`, topic, fileDelimiter };
  const lines = numberedLines(table);
  const notJson = reasons.notObject;
  const steps = judgingSteps({ table, model, records, lines, notJson, seen: null });
  return [
    markdown(`## ${table}\n\nCleaned by \`${model.file}\`.`),
    code(
      `Landed ${table} lines`,
      `create or replace table lines_${table} as\n${linesOf(place)}`,
    ),
    code(
      "Objects, in the order of landing",
      viewOf({ name: `object_${table}`, query: objectsOf(table) }),
    ),
    ...steps.map((step) => code(step.title, step.isStored ? tableOf(step) : viewOf(step))),
    code(
      `Table ${table}, by ${model.file}`,
      `create or replace table ${ticked(table)} as\n${typedQuery(model)}`,
    ),
    code(`Table rejects_${table}`, rejectsTable(table, options)),
    code("Landed = cleaned + duplicates + rejected", balance(table)),
    code(`Table nulled_${table}: cells that held something and became null`, nulledTable(model)),
    ...auditCells(model),
  ];
}

const tableOf = ({ name, query }: Step): string => `create or replace table ${name} as\n${query}`;

function rejectsTable(table: TableName, { id }: BatchNotebookOptions): string {
  return `create or replace table rejects_${table} as
with refused as (
${rejectedRows(table)}
)

select
    ${text(table)} as table_name,
    refused.reason,
    ${text(topicOf(id, table))} as topic,
    landed.topic_partition,
    landed.start_offset + landed.line_number as topic_offset,
    ${base64Of("cast(landed.line as binary)")} as bytes
from refused
join ${numberedLines(table)} as landed on landed.n = refused.n`;
}

function nulledTable(model: Model): string {
  const told = tellingText(model).replaceAll(/\n{3,}/g, "\n\n");
  return `create or replace table nulled_${model.name} as
select
    ${text(model.name)} as table_name,
    column_name,
    cell_count as cells,
    array_compact(array(example_1, example_2, example_3)) as examples
from (
${nulledQuery(model, `(\n${told}\n)`)}
)`;
}

function balance(table: TableName): string {
  return `with counted as (
    select
        (select count(*) from lines_${table}) as landed,
        (select count(*) from ${ticked(table)}) as cleaned,
        (select count(*) from aside_${table} where verdict = 'duplicate') as duplicates,
        (select count(*) from rejects_${table}) as rejected
)

select
    *,
    case
        when landed = cleaned + duplicates + rejected then 'reconciled'
        else raise_error('The records of ${table} do not add up: see the counts of this query')
    end as verdict
from counted`;
}

/** Broken promises fail the run; warnings are shown. */
function auditCells({ audit }: Model): Cell[] {
  if (audit === null) return [];
  return splitStatements(audit.text).map(({ text: statement, tokens, line }) => {
    const place = `${audit.file} line ${line}`;
    const query = statement.trim();
    switch (findingOf(tokens)) {
      case "promise":
        return code(`Audit, ${place}`, promiseQuery(query));
      case "warning":
        return code(`Odd values, ${place}`, query);
      case undefined:
        throw new RunError(
          `Cannot make a cell of the audit in ${place}: it selects neither a promise nor a warning`,
        );
    }
  });
}

/** What the rows of an audit are: the name of the first column, outside of all brackets. */
function findingOf(tokens: readonly Token[]): "promise" | "warning" | undefined {
  let depth = 0;
  for (const { kind, text: token } of tokens) {
    if (token === "(") depth++;
    if (token === ")") depth--;
    const name = kind === "word" && depth === 0 ? token.toLowerCase() : "";
    if (name === "promise" || name === "warning") return name;
  }
  return undefined;
}

function promiseQuery(query: string): string {
  return `with broken as (
${query}
)

select case
    when count(*) = 0 then 'every promise is kept'
    else raise_error(concat(
        count(*), ' promises are broken, one of them: ', min(promise),
        ', witness ', coalesce(min(witness), 'null')
    ))
end as audit
from broken`;
}

function questionCells({ models }: BatchNotebookOptions): Cell[] {
  const all = (kind: string) =>
    tableNames.map((table) => `select * from ${kind}_${table}`).join("\nunion all\n");
  return [
    markdown("## Questions"),
    ...questionsOf(models).flatMap((question) => {
      const { name, file, caption } = question;
      return [
        code(
          `Table ${name}, by ${file}`,
          `create or replace table ${name} as\n${typedQuery(question)}`,
        ),
        ...auditCells(question),
        code(caption.title, `select * from ${name}`),
      ];
    }),
    markdown("## Rejects"),
    code("All rejects in one view", `create or replace view rejects as\n${all("rejects")}`),
    code(
      "Rejects of each table and kind",
      `select
    table_name,
    split(reason, ': ')[0] as kind,
    count(*) as records
from rejects
group by all
order by table_name, records desc, kind`,
    ),
    markdown("## Nulled"),
    code("All of it in one view", `create or replace view nulled as\n${all("nulled")}`),
    code(
      "Cells that held something and became null, by table and column",
      "select * from nulled order by table_name, column_name",
    ),
  ];
}
