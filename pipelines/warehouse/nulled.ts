/**
 * Nulled: a clean model -> which cells it made null although they held something, counted.
 *
 *   in    a model whose final select reads every output column under its own name (or under those
 *         of its `parts`) as it was posted: text, and null where it holds nothing
 *   out   the model once more, with a column `nulled_<name>` for each: what was posted, where the
 *         model makes null of it; a query that counts those by column, with up to three examples
 *
 * No list says here what counts as nothing: the model does, by making null of it before its final
 * select. Examples are the first by their text, so that every engine and every order of cleaning
 * gives the same, and those of parts can be put together.
 */
import {
  type Header,
  rewriteForDuckDb,
  significant,
  type Token,
  tokenize,
} from "../../sql/dialect/mod.ts";
import type { DatabricksWarehouse } from "./databricks.ts";
import { type DuckDbWarehouse, quote } from "./duckdb.ts";
import type { Model } from "./models.ts";
import { name as ticked } from "./portable.ts";
import type { Row } from "./values.ts";

/** The cells of one column of a clean table that held something and became null. */
export interface Nulled {
  table: string;
  column: string;
  cells: number;
  /** Up to three, each once: trimmed, and cut where they are long. */
  examples: string[];
}

const examplePlaces = [1, 2, 3];
const exampleCharsMax = 60;

/** The columns that may become null: the key cannot, or there would be no clean row. */
const nullable = ({ output, grain }: Header): string[] =>
  output.map(({ name }) => name).filter((name) => !grain.includes(name));

/** The columns that `tellingText` adds to a model, all text. */
export const nulledColumns = (header: Header): string[] =>
  nullable(header).map((column) => `nulled_${column}`);

/**
 * The text of the model with a column for what it nulls beside each of its own; without comments,
 * and its lines stay lines, so that those in errors are those of its file.
 */
export function tellingText({ text, header }: Pick<Model, "text" | "header">): string {
  const declared = [
    ...header.output.map(({ name, type }) => `${name} ${type}`),
    ...nulledColumns(header).map((name) => `${name} string`),
  ];
  const selected = [
    ...header.output.map(({ name }) => ticked(name)),
    ...nullable(header).map((column) =>
      `case when ${ticked(column)} is null then posted_${column} end as nulled_${column}`
    ),
  ];
  return `-- output   ${declared.join(", ")}\n` +
    `select ${selected.join(", ")} from (${withPosted(text, header).replace("\n", "")}\n)`;
}

/** Puts what the final select reads beside what it makes of it. */
function withPosted(text: string, header: Header): string {
  const posted = nullable(header).map((column) =>
    ` ${asPosted(column, header.parts[column])} as posted_${column},`
  );
  const tokens = tokenize(text);
  const final = finalSelect(tokens);
  return tokens.map((token) => {
    if (token.kind === "comment") return "";
    return token === final ? token.text + posted.join("") : token.text;
  }).join("");
}

/** The last one that stands in no bracket. */
function finalSelect(tokens: readonly Token[]): Token | undefined {
  let depth = 0;
  return significant(tokens).findLast(({ kind, text }) => {
    if (text === ")") depth++;
    if (text === "(") depth--;
    return depth === 0 && kind === "word" && text.toLowerCase() === "select";
  });
}

/** Parts stand in their order: `91, null`. */
function asPosted(column: string, parts: readonly string[] | undefined): string {
  if (parts === undefined) return ticked(column);
  const names = parts.map(ticked);
  const shown = names.map((name) => `coalesce(${name}, 'null')`);
  return `case when coalesce(${names.join(", ")}) is not null ` +
    `then concat_ws(', ', ${shown.join(", ")}) end`;
}

/**
 * Counts what was nulled: a row for each column that has some, in the order of their names.
 * Databricks SQL of the subset; `readNulled` reads its rows.
 * @param relation what has the columns of `tellingText`: a name, or a query in brackets
 */
export function nulledQuery(header: Header, relation: string): string {
  const names = nulledColumns(header);
  const cells = nullable(header).map((column) =>
    `concat('${column}=', substring(nulled_${column}, 1, ${exampleCharsMax}))`
  );
  const examples = examplePlaces.map((place) =>
    `max(case when place = ${place} then example end) as example_${place}`
  );
  return `with cells as (
    select explode(array(${cells.join(", ")})) as cell
    from ${relation}
    where coalesce(${names.join(", ")}) is not null
),

named as (
    select
        regexp_extract(cell, '^([A-Za-z0-9_]+)=', 1) as column_name,
        regexp_replace(cell, '^[A-Za-z0-9_]+=', '') as example
    from cells
    where cell is not null
),

counted as (
    select
        column_name,
        example,
        count(*) as cell_count
    from named
    group by column_name, example
),

placed as (
    select
        *,
        row_number() over (partition by column_name order by example) as place
    from counted
)

select
    column_name,
    cast(sum(cell_count) as bigint) as cell_count,
    ${examples.join(",\n    ")}
from placed
group by column_name
order by column_name`;
}

export function readNulled(table: string, rows: readonly Row[]): Nulled[] {
  return rows.map((row) => ({
    table,
    column: String(row["column_name"]),
    cells: Number(row["cell_count"]),
    examples: examplePlaces.map((place) => row[`example_${place}`])
      .filter((example) => typeof example === "string"),
  }));
}

/** What a model nulls of the rows that it reads now, for an engine that cannot drop columns. */
export async function countNulled(there: DatabricksWarehouse, model: Model): Promise<Nulled[]> {
  const query = nulledQuery(model.header, `(${tellingText(model)})`);
  return readNulled(model.name, await there.rows(query));
}

/** Builds the table of a model and counts what it nulled, in one pass over the rows. */
export async function buildAndCount(db: DuckDbWarehouse, model: Model): Promise<Nulled[]> {
  const { name, header, file } = model;
  await db.model(name, tellingText(model), { as: "table", file });
  const rows = await db.rows(rewriteForDuckDb(nulledQuery(header, ticked(name))));
  for (const column of nulledColumns(header)) {
    await db.run(`alter table ${quote(name)} drop column ${quote(column)}`);
  }
  return readNulled(name, rows);
}

/** Two parts of the same table together. */
export function addNulled(some: readonly Nulled[], more: readonly Nulled[]): readonly Nulled[] {
  if (more.length === 0) return some;
  const byColumn = Map.groupBy([...some, ...more], ({ column }) => column);
  return [...byColumn].sort(([a], [b]) => a < b ? -1 : 1).map(([column, parts]) => ({
    table: parts[0]?.table ?? "",
    column,
    cells: parts.reduce((sum, { cells }) => sum + cells, 0),
    examples: [...new Set(parts.flatMap(({ examples }) => examples))].sort()
      .slice(0, examplePlaces.length),
  }));
}

/** Makes the table `nulled`: table, column, cells, examples. */
export async function createNulledTable(
  db: DuckDbWarehouse,
  nulled: readonly Nulled[],
): Promise<void> {
  const json = JSON.stringify(nulled).replaceAll("'", "''");
  const structure =
    '[{"table":"VARCHAR","column":"VARCHAR","cells":"BIGINT","examples":["VARCHAR"]}]';
  await db.run(`create or replace table nulled as
    select unnest(from_json('${json}', '${structure}'), recursive := true)`);
}
