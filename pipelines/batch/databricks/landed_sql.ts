/**
 * Landed SQL: the objects of a topic -> the statements that make a table of records of them, on
 * Databricks.
 *
 *   in    `<topics.dir>/<id>.<table>/…/<id>.<table>+<partition>+<start offset>.json[.gz]`
 *   out   landed_<table>: path, topic_partition, start_offset, line (from 0), text, the columns as
 *         posted (text), landed_key, flaw, content_hash
 *         object_<table>: path, topic_partition, start_offset, first_line, line_count
 *
 * An object is read whole and cut there, because no engine numbers the lines of a file: so offset =
 * start + line holds, and a record has the same place and the same verdict on either engine. All
 * but `read_files` and the reading of JSON is of the subset of sql/dialect.
 *
 * The content hash is that of pipelines/content.ts. Engines print doubles differently, so a number
 * is put into that spelling digit by digit, which gives the double's shortest digits for every
 * number of up to 15 digits, and for every number that was written as its shortest digits.
 *
 * Left out: bytes that are no UTF-8 (the engine puts replacement characters), numbers of more than
 * 17 digits or with underscores (their hash is of the text), and what stands behind the object on
 * its line.
 */
import { reasons } from "../../records_sql.ts";
import { sourceTables, type TableName, tableNames } from "../../tables.ts";
import { name, text } from "../../warehouse/portable.ts";

const spaces = "concat(' ', chr(9), chr(10), chr(13), chr(160))";

export interface TopicPlace {
  /** `s3://<bucket>/<topics.dir>/<topic>/`. */
  prefix: string;
  topic: string;
  /** Between the parts of an object's name. */
  fileDelimiter: string;
}

/** The records of a topic; nothing but the table's shape where there are no objects. */
export function landedTable(table: TableName, place: TopicPlace, isEmpty: boolean): string {
  const columns = sourceTables[table].columns.map((column) => column.name);
  const numbers = sourceTables[table].columns.filter(({ kind }) => kind === "number");
  const key = name(sourceTables[table].key);
  const schema = columns.map((column) => `${name(column)} string`).join(", ");
  const texts = columns.map((column) =>
    `case when keys is not null then fields.${name(column)} end as ${name(column)}`
  );
  return `create or replace table landed_${table} as
with object as (
    ${isEmpty ? "select '' as path, '' as value" : wholeObjects(place.prefix)}
),
named as (
    select *, regexp_extract(path, ${text(namePattern(place))}, 0) as name
    from object
    where value <> ''
),
placed as (
    select
        path,
        try_cast(regexp_extract(name, ${text(namePattern(place))}, 1) as int) as topic_partition,
        try_cast(regexp_extract(name, ${text(namePattern(place))}, 2) as bigint) as start_offset,
        case
            when substring(value, length(value)) = chr(10)
                then substring(value, 1, length(value) - 1)
            else value
        end as body
    from named
    where name <> '' and substring(path, length(path) - length(name) + 1) = name
),
cut as (
    select path, topic_partition, start_offset, piece.pos as line, piece.col as piece
    from placed, lateral posexplode(split(body, chr(10))) as piece(pos, col)
),
record as (
    select
        path, topic_partition, start_offset, line,
        case
            when substring(piece, length(piece)) = chr(13)
                then substring(piece, 1, length(piece) - 1)
            else piece
        end as text
    from cut
),
keyed as (
    select *, json_object_keys(text) as keys, from_json(text, ${text(schema)}) as fields
    from record
),
parsed as (
    select
        path, topic_partition, start_offset, line, text, keys,
        ${texts.join(",\n        ")}
    from keyed
),
trimmed as (
    select
        *,
        trim(both ${spaces} from ${key}) as key_text,
        ${numbers.map((column) => `${trimmedNumber(column.name)}`).join(",\n        ")}
    from parsed
),
measured as (
    select
        *,
        try_cast(
            case
                when regexp_extract(key_text, '^-?[0-9]+([.]0+)?', 0) = key_text
                    then regexp_extract(key_text, '^-?[0-9]+', 0)
            end as int
        ) as landed_key,
        ${numbers.flatMap((column) => measures(column.name)).join(",\n        ")}
    from trimmed
)
select
    path,
    topic_partition,
    start_offset,
    cast(line as int) as line,
    text,
    ${columns.map(name).join(", ")},
    landed_key,
    ${flaw(table)} as flaw,
    case when keys is not null then ${contentHash(table)} end as content_hash
from measured`;
}

function wholeObjects(prefix: string): string {
  return `select _metadata.file_path as path, value
    from read_files(${text(prefix)}, format => 'text', wholeText => true)`;
}

function namePattern({ topic, fileDelimiter }: TopicPlace): string {
  const [word, between] = [topic, fileDelimiter].map(bracketed);
  return `/${word}${between}([0-9]+)${between}([0-9]+)[.]json([.]gz)?`;
}

/** A text as a pattern that both Java and RE2 take for itself, without a backslash. */
function bracketed(plain: string | undefined): string {
  return (plain ?? "").replaceAll(/[^A-Za-z0-9_-]/g, (letter) => `[${letter}]`);
}

/** The reason to reject a record by itself, or null: the rule of `flawOf` in records_sql.ts. */
function flaw(table: TableName): string {
  const own = valueColumns(table);
  const key = name(sourceTables[table].key);
  const others = tableNames.filter((other) => other !== table).map((other) =>
    `when coalesce(${own.map(name).join(", ")}) is null
            and not arrays_overlap(keys, ${list(own)})
            and arrays_overlap(keys, ${list(valueColumns(other))})
            then ${text(`${reasons.otherTable}: ${other}`)}`
  );
  return `case
        when keys is null then ${text(reasons.notObject)}
        ${others.join("\n        ")}
        when landed_key is null then concat(
            ${text(`${reasons.badKey}: `)},
            coalesce(concat(chr(39), substring(${key}, 1, 40), chr(39)), 'none')
        )
    end`;
}

const valueColumns = (table: TableName): string[] =>
  sourceTables[table].columns.map((column) => column.name)
    .filter((column) => column !== sourceTables[table].key);

const list = (names: readonly string[]): string => `array(${names.map(text).join(", ")})`;

function contentHash(table: TableName): string {
  const parts = sourceTables[table].columns.toSorted((a, b) => a.name < b.name ? -1 : 1)
    .map((column) =>
      column.kind === "number"
        ? `coalesce(${numberText(column.name)}, ${name(column.name)}, chr(30))`
        : `coalesce(${name(column.name)}, chr(30))`
    );
  return `md5(concat_ws(chr(31), ${parts.join(", ")}))`;
}

const numberPattern = "^[+]?-?([0-9]*)([.]([0-9]*))?([eE]([+-]?[0-9]{1,3}))?";
const tenPowerMax = 308;

/** What of the text is a number, null if it is none. */
function trimmedNumber(column: string): string {
  const given = `trim(both ${spaces} from ${name(column)})`;
  return `case
            when regexp_extract(${given}, '${numberPattern}', 0) = ${given}
                and regexp_extract(${given}, '[0-9]', 0) <> ''
                then ${given}
        end as ${column}_number`;
}

/** Its digits without zeros at either end, and the power of ten of the first of them. */
function measures(column: string): string[] {
  const group = (at: number) => `regexp_extract(${column}_number, '${numberPattern}', ${at})`;
  const all = `concat(${group(1)}, ${group(3)})`;
  const power = `coalesce(try_cast(${group(5)} as int), 0)`;
  return [
    `trim(trailing '0' from trim(leading '0' from ${all})) as ${column}_digits`,
    `length(${group(1)}) + ${power} - 1
            - (length(${all}) - length(trim(leading '0' from ${all}))) as ${column}_power`,
    `case when ${column}_number like '-%' or ${column}_number like '+-%' then '-' else '' end
            as ${column}_sign`,
  ];
}

/** The spelling of `doubleText` in pipelines/content.ts; null where the text is no double. */
function numberText(column: string): string {
  const [digits, power, sign] = ["digits", "power", "sign"].map((part) => `${column}_${part}`);
  const zeros = (count: string) => `substring('0000000000000000', 1, ${count})`;
  return `case
        when ${column}_number is null then null
        when ${digits} = '' then concat(${sign}, '0.0')
        when ${power} > ${tenPowerMax} or ${power} < -${tenPowerMax} then null
        when ${power} between 0 and 15 and length(${digits}) <= ${power} + 1
            then concat(${sign}, ${digits}, ${zeros(`${power} + 1 - length(${digits})`)}, '.0')
        when ${power} between 0 and 15 then concat(
            ${sign}, substring(${digits}, 1, ${power} + 1), '.', substring(${digits}, ${power} + 2)
        )
        when ${power} between -4 and -1
            then concat(${sign}, '0.', ${zeros(`-1 - ${power}`)}, ${digits})
        else concat(
            ${sign},
            substring(${digits}, 1, 1),
            case when length(${digits}) > 1 then concat('.', substring(${digits}, 2)) else '' end,
            case when ${power} < 0 then 'e-' else 'e+' end,
            case when abs(${power}) < 10 then '0' else '' end,
            cast(abs(${power}) as string)
        )
    end`;
}

/** The objects that were read, each with the number of its first line among all lines. */
export function objectTable(table: TableName): string {
  return `create or replace table object_${table} as
with counted as (
    select path, topic_partition, start_offset, count(*) as line_count
    from landed_${table}
    group by path, topic_partition, start_offset
),
summed as (
    select
        *,
        sum(line_count) over (order by topic_partition, start_offset, path) as past_line
    from counted
)
select
    path, topic_partition, start_offset,
    cast(past_line - line_count as bigint) as first_line,
    line_count
from summed`;
}
