/**
 * Reading on Databricks: lines of JSON -> the columns as posted, and what is wrong with a line; the
 * objects of a topic -> lines.
 *
 *   in    a relation with a column `line` (null: not UTF-8); objects
 *         `<topics.dir>/<id>.<table>/…/<id>.<table>+<partition>+<start offset>.json[.gz]`
 *   out   the same with `byte_flaw` (null: a JSON object) and a column for each of the table's, all
 *         text; lines_<table>: path, topic_partition, start_offset, line_number (from 0), line;
 *         object_<table>: path, topic_partition, start_offset, first_line, line_count
 *
 * An object is read whole and cut here, because no engine numbers the lines of a file: so offset =
 * start + line holds, and a record has the same place and the same verdict on either engine.
 *
 * Spark's JSON reader takes `{'a': 1}`, `{"a": NaN}` and `{"a": 1} and more`. The first two are
 * switched off; for the last the line is read a second time as the first of two elements: what
 * stands behind the object is then no JSON, or a third element, or hides the second, which is the
 * line's own hash, because a line could bring any other with it.
 *
 * Left out: bytes in an object that are no UTF-8 (the engine puts replacement characters); a number
 * with an exponent in a text column is spelled `1.0E30`, not `1e+30`; JSON nested deeper than a
 * thousand levels is no JSON there.
 */
import type { TableName } from "../tables.ts";
import { reasons } from "./reasons.ts";
import { columnNames, type HasNames } from "./record_sql.ts";
import { contentHash, mended } from "./spelling.ts";
import { text, ticked } from "../warehouse/quoting.ts";

/** What a line is called that is no JSON at all: where landing has set those aside, no object. */
export type NotJson = typeof reasons.notJson | typeof reasons.notObject;

const strict = "map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'false')";

/** Of a relation that `readLines` gives. */
export const hasNames: HasNames = (names) =>
  `arrays_overlap(json_object_keys(json_text), array(${names.map(text).join(", ")}))`;

/** Of a relation that `readLines` gives: the content hash, null of what is no object. */
export function contentHashOf(table: TableName): string {
  return `case when byte_flaw is null then ${contentHash(table)} end`;
}

/** Relation: what `lines` gives, with `byte_flaw`, `json_text` and the columns as posted. */
export function readLines(table: TableName, lines: string, notJson: NotJson): string {
  const names = columnNames(table);
  const schema = names.map((column) => `${ticked(column)} string`).join(", ");
  return `(
    with written as (
        select
            *,
            substring(
                trim(leading concat(' ', chr(9), chr(10), chr(13)) from line), 1, 1
            ) = '{' as is_object,
            ${mended("line")} as json_text
        from ${lines}
    ),

    checked as (
        select
            *,
            from_json(
                concat('[', json_text, ', "', md5(json_text), '"]'), 'array<string>', ${strict}
            ) as parts,
            from_json(case when is_object then json_text end, '${schema}') as fields
        from written
    )

    select
        *,
        case
            when line is null then ${text(reasons.notUtf8)}
            when not (size(parts) <=> 2 and get(parts, 1) <=> md5(json_text)) then ${text(notJson)}
            when not is_object then ${text(reasons.notObject)}
        end as byte_flaw,
        ${
    names.map((column) => `fields.${ticked(column)} as ${ticked(column)}`).join(",\n        ")
  }
    from checked
)`;
}

export interface TopicPlace {
  /** `s3://<bucket>/<topics.dir>/<topic>/`. */
  prefix: string;
  topic: string;
  /** Between the parts of an object's name. */
  fileDelimiter: string;
}

/** Query of `lines_<table>`; nothing but its shape where there are no objects. */
export function linesOf(place: TopicPlace, { isEmpty = false } = {}): string {
  const pattern = text(namePattern(place));
  const last = (piece: string) => `substring(${piece}, length(${piece}))`;
  const allButLast = (piece: string) => `substring(${piece}, 1, length(${piece}) - 1)`;
  return `with object as (
    ${isEmpty ? "select '' as path, '' as value" : wholeObjects(place.prefix)}
),

named as (
    select
        *,
        regexp_extract(path, ${pattern}, 0) as name
    from object
    where value <> ''
),

placed as (
    select
        path,
        try_cast(regexp_extract(name, ${pattern}, 1) as int) as topic_partition,
        try_cast(regexp_extract(name, ${pattern}, 2) as bigint) as start_offset,
        case
            when ${last("value")} = chr(10) then ${allButLast("value")}
            else value
        end as body
    from named
    where name <> '' and substring(path, length(path) - length(name) + 1) = name
),

cut as (
    select
        path,
        topic_partition,
        start_offset,
        piece.pos as line_number,
        piece.col as piece
    from placed, lateral posexplode(split(body, chr(10))) as piece(pos, col)
)

select
    path,
    topic_partition,
    start_offset,
    cast(line_number as int) as line_number,
    case
        when ${last("piece")} = chr(13) then ${allButLast("piece")}
        else piece
    end as line
from cut`;
}

function wholeObjects(prefix: string): string {
  return `select
        _metadata.file_path as path,
        value
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

/** Query of `object_<table>`: each object with the number of its first line among all lines. */
export function objectsOf(table: TableName): string {
  return `with counted as (
    select
        path,
        topic_partition,
        start_offset,
        count(*) as line_count
    from lines_${table}
    group by path, topic_partition, start_offset
),

summed as (
    select
        *,
        sum(line_count) over (order by topic_partition, start_offset, path) as past_line
    from counted
)

select
    path,
    topic_partition,
    start_offset,
    cast(past_line - line_count as bigint) as first_line,
    line_count
from summed`;
}

/** Relation: the lines in the order of landing, `n` from 0. */
export function numberedLines(table: TableName): string {
  return `(
    select
        object.first_line + lines.line_number as n,
        object.topic_partition,
        object.start_offset,
        lines.line_number,
        lines.line
    from lines_${table} as lines
    join object_${table} as object on object.path = lines.path
)`;
}
