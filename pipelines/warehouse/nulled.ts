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
  isSymbol,
  isWord,
  rewriteForDuckDb,
  significant,
  type Token,
  tokenize,
} from "../../sql/dialect/mod.ts";
import type { DatabricksWarehouse } from "./databricks.ts";
import type { DuckDbWarehouse } from "./duckdb.ts";
import type { Model } from "./models.ts";
import type { Row } from "../values.ts";
import { literal, quoted, ticked } from "./quoting.ts";

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

/** What is read of a model here. */
type Told = Pick<Model, "text" | "header">;

/**
 * The columns that may become null. The key cannot, or there would be no clean row; nor can what
 * the final select only names: it is as it was posted.
 */
function nullable({ text, header: { output, grain } }: Told): string[] {
  const never = new Set([...grain, ...selectedAsTheyAre(text)]);
  return output.map(({ name }) => name).filter((name) => !never.has(name));
}

/** The columns that `tellingText` adds to a model, all text. */
export const nulledColumns = (model: Told): string[] =>
  nullable(model).map((column) => `nulled_${column}`);

/**
 * The text of the model with a column for what it nulls beside each of its own; without comments,
 * and its lines stay lines, so that those in errors are those of its file.
 */
export function tellingText(model: Told): string {
  const { header } = model;
  const declared = [
    ...header.output.map(({ name, type }) => `${name} ${type}`),
    ...nulledColumns(model).map((name) => `${name} string`),
  ];
  const selected = [
    ...header.output.map(({ name }) => ticked(name)),
    ...nullable(model).map((column) =>
      `case when ${ticked(column)} is null then posted_${column} end as nulled_${column}`
    ),
  ];
  return `-- output   ${declared.join(", ")}\n` +
    `select ${selected.join(", ")} from (${withPosted(model).replace("\n", "")}\n)`;
}

/** Puts what the final select reads beside what it makes of it. */
function withPosted(model: Told): string {
  const posted = nullable(model).map((column) =>
    ` ${asPosted(column, model.header.parts[column])} as posted_${column},`
  );
  const tokens = tokenize(model.text);
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

/** The columns that are nothing but a name in the list of the final select. */
function selectedAsTheyAre(text: string): string[] {
  const tokens = significant(tokenize(text));
  const select = finalSelect(tokens);
  return listFrom(tokens, tokens.findLastIndex((token) => token === select) + 1).filter((
    { length },
  ) => length === 1)
    .flatMap(([only]) => only?.kind === "word" ? [only.text] : []);
}

/** The items of a select list, which ends at its `from`. */
function listFrom(tokens: readonly Token[], start: number): Token[][] {
  const items: Token[][] = [[]];
  for (let at = start, depth = 0; at < tokens.length; at++) {
    const token = tokens[at]!;
    if (isSymbol(token, "(")) depth++;
    if (isSymbol(token, ")")) depth--;
    if (depth === 0 && isWord(token, "from")) break;
    if (depth === 0 && isSymbol(token, ",")) items.push([]);
    else items.at(-1)?.push(token);
  }
  return items;
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
export function nulledQuery(model: Told, relation: string): string {
  const names = nulledColumns(model);
  const cells = nullable(model).map((column) =>
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
  const query = nulledQuery(model, `(${tellingText(model)})`);
  return readNulled(model.name, await there.rows(query));
}

/** Builds the table of a model and counts what it nulled, in one pass over the rows. */
export async function buildAndCount(db: DuckDbWarehouse, model: Model): Promise<Nulled[]> {
  const { name, file } = model;
  await db.model(name, tellingText(model), { as: "table", file });
  const rows = await db.rows(rewriteForDuckDb(nulledQuery(model, ticked(name))));
  for (const column of nulledColumns(model)) {
    await db.run(`alter table ${quoted(name)} drop column ${quoted(column)}`);
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
  const json = literal(JSON.stringify(nulled));
  const structure =
    '[{"table":"VARCHAR","column":"VARCHAR","cells":"BIGINT","examples":["VARCHAR"]}]';
  await db.run(`create or replace table nulled as
    select unnest(from_json(${json}, '${structure}'), recursive := true)`);
}
