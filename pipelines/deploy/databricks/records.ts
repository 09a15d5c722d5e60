/**
 * Records on Spark: lines of JSON -> columns, keys, flaws and verdicts, as Databricks SQL.
 *
 *   in    landed_<table>: n (int, the order of landing from 1), line (null: not UTF-8)
 *   out   views: read_<table> (columns as posted, landed_key, flaw, occurrence), raw_<table>,
 *         cleaned_<table> (by the model), judged_<table> (n, clean columns, verdict)
 *
 * The same verdicts as pipelines/records_sql.ts and the two pipelines give on DuckDB: the first
 * landing of a key wins; a repeat is a duplicate if the two are equal after cleaning, else a
 * reject. What a value means is decided by the model, whose text stands here as it is in `sql/`.
 *
 * Spark's JSON reader takes `{'a': 1}`, `{"a": NaN}` and `{"a": 1} and more`. The first two are
 * switched off; for the last the line is read a second time as the first of two elements: what
 * stands behind the object is then no JSON, or a third element, or hides the second.
 *
 * Left out: a number with an exponent in a text column is spelled `1.0E30`, not `1e+30`; JSON
 * nested deeper than a thousand levels is no JSON here; of two equal names in an object the last
 * counts here, the first on DuckDB.
 */
import type { Header } from "../../../sql/dialect/mod.ts";
import { reasons } from "../../records_sql.ts";
import { sourceTables, type TableName, tableNames } from "../../tables.ts";
import type { Model } from "../../warehouse/models.ts";

/** `` `index` ``: a name that may be a word of the language, or begin with a digit. */
export const ticked = (name: string): string => `\`${name.replaceAll("`", "``")}\``;

/**
 * `'text'`, for texts of ours.
 * @throws {RangeError} for a backslash, which begins an escape there, and for a quote: doubled it
 *   would be two literals beside each other, which are joined without it
 */
export function text(value: string): string {
  if (value.includes("\\")) throw new RangeError(`A backslash in the text ${value}`);
  if (value.includes("'")) throw new RangeError(`A quote in the text ${value}`);
  return `'${value}'`;
}

const columnsOf = (table: TableName): string[] =>
  sourceTables[table].columns.map(({ name }) => name);

const valueColumns = (table: TableName): string[] =>
  columnsOf(table).filter((name) => name !== sourceTables[table].key);

const endMark = '{"end":1}';
const jsonOptions = "map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'false')";

/** What a line is called that is no JSON at all: where landing has set those aside, no object. */
export type NotJson = "not JSON" | typeof reasons.notObject;

/** Statement that makes `read_<table>` from `landed_<table>`. */
export function readView(table: TableName, notJson: NotJson): string {
  const { key } = sourceTables[table];
  const columns = columnsOf(table).map((name) => `parsed.${ticked(name)}`);
  const schema = columnsOf(table).map((name) => `${ticked(name)} string`).join(", ");
  return `create or replace temporary view read_${table} as
with checked as (
    select
        *,
        left(
            trim(leading concat(' ', chr(9), chr(10), chr(13)) from line), 1
        ) = '{' as is_object,
        from_json(
            concat('[', line, ', ${endMark}]'),
            'array<string>',
            ${jsonOptions}
        ) as parts
    from landed_${table}
),

parsed as (
    select
        *,
        from_json(
            case when is_object then ${mended("line")} end,
            '${schema}',
            ${jsonOptions}
        ) as parsed
    from checked
),

keyed as (
    select
        *,
        ${keyOf(`parsed.${ticked(key)}`)} as landed_key
    from parsed
),

named as (
    select
        *,
        case when landed_key is null then concat(
            ${text(`${reasons.badKey}: `)},
            coalesce(concat(chr(39), left(parsed.${ticked(key)}, 40), chr(39)), 'none')
        ) end as key_flaw
    from keyed
),

judged as (
    select
        n,
        line,
        ${columns.join(",\n        ")},
        landed_key,
        ${flawOf(table, notJson)} as flaw
    from named
)

select
    *,
    row_number() over (partition by landed_key, flaw is null order by n) as occurrence
from judged`;
}

/**
 * A line with U+FFFD for each half of a surrogate pair, as every writer of UTF-8 puts it; Spark
 * would put a question mark. An escape counts where an even number of backslashes stands before.
 */
function mended(line: string): string {
  const high = "[\\\\]ud[89ab][0-9a-f]{2}";
  const low = "[\\\\]ud[c-f][0-9a-f]{2}";
  const half = `(?i)(?<![\\\\])(([\\\\]{2})*)(${high}(?!${low})|(?<!${high})${low})`;
  return `regexp_replace(
                ${line}, r'${half}', r'$1\\\\ufffd'
            )`;
}

/** As the models read a key: trimmed, digits, at most zeros behind a point; or null. */
function keyOf(value: string): string {
  const trimmed = `trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from ${value})`;
  return `try_cast(
            nullif(regexp_extract(${trimmed}, '^(-?[0-9]+)([.]0+)?$', 1), '') as int
        )`;
}

/** The rare questions stand behind the others, so that they are asked of few records. */
function flawOf(table: TableName, notJson: NotJson): string {
  const own = valueColumns(table);
  const hasSome = own.map((name) => `parsed.${ticked(name)}`).join(", ");
  const has = (names: readonly string[]) =>
    `arrays_overlap(json_object_keys(line), array(${names.map(text).join(", ")}))`;
  const others = tableNames.filter((other) => other !== table).map((other) =>
    `when ${has(valueColumns(other))} then ${text(`${reasons.otherTable}: ${other}`)}`
  );
  return `case
            when line is null then 'not UTF-8'
            when not (size(parts) <=> 2 and get(parts, 1) <=> '${endMark}') then ${text(notJson)}
            when not is_object then ${text(reasons.notObject)}
            when coalesce(${hasSome}) is not null then key_flaw
            when ${has(own)} then key_flaw
            ${others.join("\n            ")}
            else key_flaw
        end`;
}

/** Statement for what the model reads: the record's number stands in place of its key. */
export function rawView(table: TableName): string {
  const { key } = sourceTables[table];
  const columns = columnsOf(table).map((name) =>
    name === key ? `cast(n as string) as ${ticked(name)}` : ticked(name)
  );
  return `create or replace temporary view raw_${table} as
select
    ${columns.join(",\n    ")}
from read_${table}
where flaw is null`;
}

/** Statement for the records that were kept, as they were posted. */
export function keptRawView(table: TableName): string {
  return `create or replace temporary view raw_${table} as
select
    ${columnsOf(table).map(ticked).join(",\n    ")}
from read_${table}
where flaw is null and occurrence = 1`;
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

export function cleanedView(table: TableName, model: Model): string {
  return `create or replace temporary view cleaned_${table} as
${typedQuery(model)}`;
}

/** The clean columns without the key. */
function others({ output }: Header): string[] {
  return output.map(({ name }) => name).filter((name) => name !== "ind").map(ticked);
}

/**
 * Statement that gives every record without a flaw its verdict.
 * @param seen name of the table with what earlier batches left; null: there were none
 */
export function judgedView(table: TableName, { header }: Model, seen: string | null): string {
  const columns = others(header);
  const content = (of: string) => `struct(${columns.map((name) => `${of}.${name}`).join(", ")})`;
  const [isNew, known, join] = seen === null ? ["cleaned.occurrence = 1", "firsts.content", ""] : [
    "seen.ind is null and cleaned.occurrence = 1",
    "coalesce(seen.content, firsts.content)",
    `
left join (
    select
        ind,
        ${content("kept")} as content
    from ${seen} as kept
) as seen on seen.ind = cleaned.ind`,
  ];
  return `create or replace temporary view judged_${table} as
with cleaned as (
    select
        landed.n,
        landed.landed_key as ind,
        ${columns.map((name) => `model.${name}`).join(",\n        ")},
        landed.occurrence,
        ${content("model")} as content
    from cleaned_${table} as model
    join read_${table} as landed on landed.n = model.ind
),

firsts as (
    select
        ind,
        content
    from cleaned
    where occurrence = 1
)

select
    cleaned.n,
    cleaned.ind,
    ${columns.map((name) => `cleaned.${name}`).join(",\n    ")},
    case
        when ${isNew} then 'kept'
        when cleaned.content <=> ${known} then 'duplicate'
        else 'rejected'
    end as verdict
from cleaned
join firsts on firsts.ind = cleaned.ind${join}`;
}

/** Query of the rows to keep. */
export function keptRows(table: TableName, { header }: Model): string {
  return `select
    ${header.output.map(({ name }) => ticked(name)).join(",\n    ")}
from judged_${table}
where verdict = 'kept'`;
}

/** Query of what is rejected: n, reason. */
export function rejectedRows(table: TableName): string {
  return `select
    n,
    flaw as reason
from read_${table}
where flaw is not null
union all
select
    n,
    concat(${text(`${reasons.otherContent}: `)}, ind) as reason
from judged_${table}
where verdict = 'rejected'`;
}

/** Expression: bytes as text, in one piece whatever the runtime thinks of line breaks. */
export function base64Of(bytes: string): string {
  return `translate(base64(${bytes}), concat(chr(13), chr(10)), '')`;
}
