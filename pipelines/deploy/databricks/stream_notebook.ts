/**
 * Streaming notebook: the models of `sql/clean/` -> a Python notebook that follows the three
 * Kinesis streams with Structured Streaming and keeps three Delta tables up to date.
 *
 *   in    streams `streaming-<id>-<table>`, read from their oldest record
 *   out   tables `<id>_<table>_table`, and `<id>_rejects_table` for what cannot be used
 *
 * A micro-batch runs the same statements as the batch notebook, and what the table has already
 * counts as landed before. So a micro-batch that is run twice, or a stream that is read again
 * from its beginning, changes nothing; rejects are kept apart by their place in the stream. Each
 * table has a checkpoint of its own: three queries must not share one.
 *
 * A table that is there is given the columns that its model makes by now; which those are, its
 * property `pipeline.later` says.
 *
 * The cell titled Source is the only one that knows Kinesis.
 *
 * Left out: compaction of small files (predictive optimization does it for managed tables); the
 * count of cells that became null (the batch notebook has it), which no micro-batch that may run
 * twice can add up without a ledger of its own.
 *
 * Source: Databricks documentation, "Connect to Amazon Kinesis" and "Use foreachBatch to write to
 * arbitrary data sinks".
 */
import { reasons } from "../../record/reasons.ts";
import type { RecordSql } from "../../record/record_sql.ts";
import { deltaTableOf, streamOf, type TableName, tableNames } from "../../tables.ts";
import { modelOf, type Models } from "../../warehouse/models.ts";
import { origin } from "./batch_notebook.ts";
import { type Cell, code, markdown, notebookText } from "./notebook.ts";
import { base64Of, judgingSteps, rejectedRows, typedQuery } from "./records.ts";
import { text, ticked } from "../../warehouse/quoting.ts";

export interface StreamNotebookOptions {
  id: string;
  bucket: string;
  region: string;
  models: Models;
  records: RecordSql;
}

export function streamNotebook(options: StreamNotebookOptions): string {
  return notebookText("python", [
    markdown(`# Stream: Kinesis -> clean Delta tables

${origin}

Parameters: \`catalog\` and \`schema\`, where the tables go; \`checkpoints\`, a folder for one
checkpoint per table; \`credential\`, the service credential that may read the streams (empty: the
cluster's own); \`trigger\`, the time between micro-batches, or \`available now\` to stop at the end.`),
    code("Parameters", parameters(options)),
    code("Session", session),
    code("Source", source(options)),
    code("Tables", tables(options)),
    ...tableNames.map((table) => statementsCell(table, options)),
    code("Micro-batch", microBatch),
    code("Start", start(options)),
    code("Follow", follow),
  ]);
}

function parameters({ bucket, region }: StreamNotebookOptions): string {
  const defaults = [
    ["catalog", "main"],
    ["schema", "pinterest"],
    ["checkpoints", `s3://${bucket}/checkpoints/databricks`],
    ["region", region],
    ["credential", ""],
    ["trigger", "5 seconds"],
  ];
  const lines = defaults.map(([name, value]) =>
    `dbutils.widgets.text(${JSON.stringify(name)}, ${JSON.stringify(value)})`
  );
  return `${lines.join("\n")}

catalog = dbutils.widgets.get("catalog")
schema = dbutils.widgets.get("schema")
checkpoints = dbutils.widgets.get("checkpoints").rstrip("/")`;
}

/** A micro-batch runs in a copy of this session. */
const session = `spark.conf.set("spark.sql.session.timeZone", "UTC")
spark.conf.set("spark.sql.ansi.enabled", "true")
spark.sql(f"create schema if not exists \`{catalog}\`.\`{schema}\`")
spark.sql(f"use \`{catalog}\`.\`{schema}\`")`;

function source({ id }: StreamNotebookOptions): string {
  const streams = tableNames.map((table) => `    "${table}": "${streamOf(id, table)}",`);
  return `streams = {
${streams.join("\n")}
}


def source(table):
    options = {
        "streamName": streams[table],
        "region": dbutils.widgets.get("region"),
        "initialPosition": "trim_horizon",
    }
    if dbutils.widgets.get("credential"):
        options["serviceCredential"] = dbutils.widgets.get("credential")
    return spark.readStream.format("kinesis").options(**options).load()`;
}

/** A model's columns may become more, and tables that are there then do so too. */
const keep = `def declared(columns):
    return ", ".join(f"\`{name}\` {kind}" for name, kind in columns.items())


def later_columns(table):
    properties = spark.sql(f"show tblproperties \`{table}\`").collect()
    named = {row.key: row.value for row in properties}.get("pipeline.later", "").split(",")
    return [name for name in spark.table(table).columns if name in named]


def keep(table, columns):
    spark.sql(f"create table if not exists \`{table}\` ({declared(columns)}) using delta")
    found = {field.name: field.dataType.simpleString() for field in spark.table(table).schema}
    wrong = [f"{name} {kind}" for name, kind in found.items() if columns.get(name) != kind]
    if wrong:
        raise ValueError(
            f"Cannot write to {table}: cleaning does not make its {', '.join(wrong)}. A table takes"
            " added columns, no other change: put back what it has (a new type or name is a column"
            " more, beside the old one), or begin new tables under another id"
        )
    fresh = {name: kind for name, kind in columns.items() if name not in found}
    if fresh:
        later = ",".join([*later_columns(table), *fresh])
        spark.sql(f"alter table \`{table}\` set tblproperties ('pipeline.later' = '{later}')")
        spark.sql(f"alter table \`{table}\` add columns ({declared(fresh)})")`;

function tables({ id, models }: StreamNotebookOptions): string {
  const clean = tableNames.map((table) => {
    const columns = modelOf(models, table).header.output.map(({ name, type }) =>
      `    ${JSON.stringify(name)}: ${JSON.stringify(type.replaceAll(" ", ""))},`
    );
    return `keep("${deltaTableOf(id, table)}", {\n${columns.join("\n")}\n})`;
  });
  const rejects = python(`create table if not exists ${nameOf(id, "rejects")} (
    \`table\` string,
    reason string,
    stream string,
    shard string,
    sequence_number string,
    bytes string
) using delta
partitioned by (stream)`);
  return `${keep}


${clean.join("\n")}
# Rejects lie apart by their stream, so that three queries never wait for each other.
spark.sql(${rejects})`;
}

const nameOf = (id: string, table: TableName | "rejects") => ticked(deltaTableOf(id, table));

function statementsCell(table: TableName, { id, models, records }: StreamNotebookOptions): Cell {
  const model = modelOf(models, table);
  const [lines, notJson] = [`arrived_${table}`, reasons.notJson];
  const seen = nameOf(id, table);
  const columns = model.header.output.map(({ name }) => ticked(name)).join(", ");
  const steps = judgingSteps({ table, model, records, lines, notJson, seen });
  const statements = [
    ...[{ name: lines, query: arrived(table) }, ...steps].map(({ name, query }) =>
      `("${name}", ${python(query)})`
    ),
    python(insertRejects(table, id)),
    python(`insert into ${seen} (${columns})\n${typedQuery(model)}`),
  ];
  return code(
    `What happens to a micro-batch of ${table}, by ${model.file}`,
    `${table}_statements = [\n${statements.map((each) => `${each},`).join("\n")}\n]`,
  );
}

function arrived(table: TableName): string {
  return `select
    cast(
        row_number() over (order by shardId, length(sequenceNumber), sequenceNumber) as int
    ) as n,
    case when is_valid_utf8(cast(data as string)) then cast(data as string) end as line,
    stream,
    shardId as shard,
    sequenceNumber as sequence_number,
    data
from batch_${table}`;
}

function insertRejects(table: TableName, id: string): string {
  const name = nameOf(id, "rejects");
  const stream = text(streamOf(id, table));
  return `insert into ${name}
with refused as (
${rejectedRows(table)}
)

select
    ${text(table)} as \`table\`,
    refused.reason,
    ${stream} as stream,
    landed.shard,
    landed.sequence_number,
    ${base64Of("landed.data")} as bytes
from refused
join arrived_${table} as landed on landed.n = refused.n
left anti join (
    select
        shard,
        sequence_number
    from ${name}
    where stream = ${stream}
) as known on known.shard = landed.shard and known.sequence_number = landed.sequence_number`;
}

/**
 * A statement as a Python text that means what stands there.
 * @throws {RangeError} for a text that would end before its end
 */
function python(statement: string): string {
  if (statement.includes('"""') || /["\\]$/.test(statement)) {
    throw new RangeError("A statement cannot stand between three quotation marks");
  }
  return `r"""${statement}"""`;
}

/**
 * `:later` is filled in as text, names of columns that the table has: Spark with Delta binds no
 * parameters here. What a named query gives is stored as it stands, without the plan that it came
 * from: others read it many times, and Spark would plan all of it anew each time.
 */
const microBatch = `def clean(table, statements, later):
    def run(batch, batch_id):
        session = batch.sparkSession
        batch.localCheckpoint().createOrReplaceTempView(f"batch_{table}")
        for statement in statements:
            if isinstance(statement, str):
                session.sql(statement)
            else:
                name, query = statement
                text = query.replace(", :later)", f", '{','.join(later)}')")
                rows = session.sql(text).localCheckpoint()
                rows.createOrReplaceTempView(name)

    return run`;

function start({ id }: StreamNotebookOptions): string {
  const queries = tableNames.map((table) =>
    `    start("${table}", ${table}_statements, "${deltaTableOf(id, table)}"),`
  );
  return `trigger = dbutils.widgets.get("trigger")
when = {"availableNow": True} if trigger == "available now" else {"processingTime": trigger}


def start(table, statements, name):
    return (
        source(table)
        .writeStream.queryName(name)
        .foreachBatch(clean(table, statements, later_columns(name)))
        .option("checkpointLocation", f"{checkpoints}/{name}")
        .trigger(**when)
        .start()
    )


queries = [
${queries.join("\n")}
]`;
}

/** The first query that fails ends the notebook, whichever it is. */
const follow = `while any(query.isActive for query in queries):
    spark.streams.awaitAnyTermination()
    spark.streams.resetTerminated()
for query in queries:
    query.awaitTermination()`;
