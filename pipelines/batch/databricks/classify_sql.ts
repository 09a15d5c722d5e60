/**
 * Classify SQL: every landed record -> cleaned, a duplicate, or rejected, as ../classify.ts decides
 * it, in statements for Databricks.
 *
 *   in    landed_<table>, with the flaws that a record has by itself
 *   out   repeat_<table>: records of keys that landed more than once, numbered in landing order
 *         aside_<table> (path, line, verdict, reason): every record that is not cleaned
 *         raw_<table>: the columns as posted of all others, what `sql/clean/` reads
 *
 * The first landing of a key wins, in the order (partition, offset). Every repeat is cleaned
 * together with its first and is a duplicate if the two come out equal.
 */
import type { Column } from "../../../sql/dialect/mod.ts";
import { reasons } from "../../records_sql.ts";
import { sourceTables, type TableName } from "../../tables.ts";
import { name, text } from "../../warehouse/portable.ts";

const order = "topic_partition, start_offset, path, line";

const columnsOf = (table: TableName): string[] =>
  sourceTables[table].columns.map((column) => column.name);

export function repeatTable(table: TableName): string {
  return `create or replace table repeat_${table} as
with numbered as (
    select
        *,
        row_number() over (partition by landed_key order by ${order}) as place,
        count(*) over (partition by landed_key) as times
    from landed_${table}
    where flaw is null
)
select
    path, topic_partition, start_offset, line, ${columnsOf(table).map(name).join(", ")},
    landed_key, place,
    cast(row_number() over (order by ${order}) as int) as id
from numbered
where times > 1`;
}

export const repeatCount = (table: TableName): string =>
  `select count(*) as repeat_count from repeat_${table}`;

/** `raw_<table>` for the repeats alone, under their numbers as keys. */
export function rawRepeats(table: TableName): string {
  const key = sourceTables[table].key;
  const columns = columnsOf(table).map((column) =>
    column === key ? `cast(id as string) as ${name(column)}` : name(column)
  );
  return `create or replace view raw_${table} as
select ${columns.join(", ")} from repeat_${table}`;
}

/** What is set aside; `compared` are the columns of `compared_<table>`, null without repeats. */
export function asideTable(table: TableName, compared: readonly Column[] | null): string {
  return `create or replace table aside_${table} as
select path, line, 'rejected' as verdict, flaw as reason
from landed_${table}
where flaw is not null${compared === null ? "" : `\nunion all\n${judgedRepeats(table, compared)}`}`;
}

function judgedRepeats(table: TableName, compared: readonly Column[]): string {
  const isSame = compared.filter((column) => column.name !== "ind").map((column) =>
    `(cleaned.${name(column.name)} <=> cleaned_first.${name(column.name)})`
  ).join(" and ");
  return `select
    again.path,
    again.line,
    case when ${isSame} then 'duplicate' else 'rejected' end as verdict,
    case
        when not (${isSame}) then concat(
            ${text(`${reasons.otherContent}: `)}, cast(again.landed_key as string),
            ', first landed at partition ', cast(earliest.topic_partition as string),
            ', offset ', cast(earliest.start_offset + earliest.line as string)
        )
    end as reason
from repeat_${table} as again
join repeat_${table} as earliest
    on earliest.landed_key = again.landed_key and earliest.place = 1
join compared_${table} as cleaned on cleaned.ind = again.id
join compared_${table} as cleaned_first on cleaned_first.ind = earliest.id
where again.place > 1`;
}

/** `raw_<table>`: all that is not set aside. */
export function rawTable(table: TableName): string {
  return `create or replace view raw_${table} as
select ${columnsOf(table).map((column) => `landed.${name(column)}`).join(", ")}
from landed_${table} as landed
left anti join aside_${table} as aside
    on aside.path = landed.path and aside.line = landed.line`;
}

/** Everything that the proof needs of the landed records: not what is in them. */
export function landedDigests(table: TableName): string {
  return `select object.first_line + landed.line as n, landed.landed_key, landed.content_hash
from landed_${table} as landed
join object_${table} as object on object.path = landed.path
order by n`;
}

/** What was set aside, with the texts of the rejected. */
export function asideRows(table: TableName): string {
  return `select
    object.first_line + aside.line as n, aside.verdict, aside.reason,
    case when aside.verdict = 'rejected' then landed.text end as text
from aside_${table} as aside
join landed_${table} as landed on landed.path = aside.path and landed.line = aside.line
join object_${table} as object on object.path = aside.path
order by n`;
}

export const objectRows = (table: TableName): string =>
  `select path, topic_partition, start_offset, first_line, line_count
from object_${table}
order by first_line`;
