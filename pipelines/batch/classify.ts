/**
 * Classify: every landed record -> cleaned, a duplicate, or rejected with a reason.
 *
 *   in    landed_<table>, with the flaws that a record has by itself
 *   out   aside_<table> (n, verdict, reason): every record that is not cleaned
 *         raw_<table>: the columns as posted of all others, what `sql/clean/` reads
 *
 * The first landing of a key wins, in the order (partition, offset). A repeat with the same
 * columns as the first is a duplicate; any other repeat is cleaned together with its first, by
 * the model that cleans everything, and is a duplicate if the two come out equal. So it does not
 * matter in which spelling a record was sent again, and it is never guessed here.
 */
import { sourceTables, type TableName } from "../tables.ts";
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import type { Model } from "../warehouse/models.ts";
import { columnNames, literal, quoted, reasons } from "../records_sql.ts";

/** Makes `aside_<table>` and the view `raw_<table>`; `model` is the table's in `sql/clean/`. */
export async function classifyTable(
  db: DuckDbWarehouse,
  table: TableName,
  model: Model,
): Promise<void> {
  await db.run(`create or replace table aside_${table} as
    select rowid as n, 'rejected' as verdict, flaw as reason
    from landed_${table} where flaw is not null`);
  await findRepeats(db, table);
  await db.run(`insert into aside_${table}
    select n, 'duplicate', null from repeat_${table} where is_equal`);
  if (await differingCount(db, table) > 0) await judgeDiffering(db, table, model);
  await db.run(`create or replace view raw_${table} as
    select ${columnNames(table).map(quoted).join(", ")} from landed_${table} as landed
    anti join aside_${table} as aside on landed.rowid = aside.n`);
}

/** `repeat_<table>`: each repeat, the first landing of its key, and whether they read the same. */
async function findRepeats(db: DuckDbWarehouse, table: TableName): Promise<void> {
  const landed = `landed_${table}`;
  // Equal hashes with other digits in a number ('7', '7.0') may still be cleaned differently.
  const numbers = sourceTables[table].columns.filter(({ kind }) => kind === "number")
    .map(({ name }) => `and here.${quoted(name)} is not distinct from there.${quoted(name)}`);
  await db.run(`create or replace table repeat_${table} as
    with firsts as (
      select landed_key, min(rowid) as first from ${landed} where flaw is null
      group by landed_key having count(*) > 1
    )
    select here.rowid as n, firsts.first, here.landed_key,
      here.content_hash = there.content_hash ${numbers.join(" ")} as is_equal
    from ${landed} as here
    join firsts on firsts.landed_key = here.landed_key
    join ${landed} as there on there.rowid = firsts.first
    where here.flaw is null and here.rowid <> firsts.first`);
}

async function differingCount(db: DuckDbWarehouse, table: TableName): Promise<number> {
  const [row] = await db.rows(
    `select count(*) as differing from repeat_${table} where not is_equal`,
  );
  return Number(row?.differing);
}

/** Cleans the repeats that read differently, and their firsts, under their line numbers as keys. */
async function judgeDiffering(
  db: DuckDbWarehouse,
  table: TableName,
  model: Model,
): Promise<void> {
  const key = sourceTables[table].key;
  const columns = columnNames(table).map((name) =>
    name === key ? `cast(rowid as varchar) as ${quoted(name)}` : quoted(name)
  );
  await db.run(`create or replace view raw_${table} as
    select ${columns.join(", ")} from landed_${table} where rowid in (
      select n from repeat_${table} where not is_equal
      union select first from repeat_${table} where not is_equal)`);
  await db.model(`compared_${table}`, model.text, { as: "table", file: model.file });
  await db.run(`insert into aside_${table}
    select repeats.n, 'duplicate', null from ${comparedRepeats(table)}
    where ${await sameColumns(db, table)}`);
  const place = `'partition ' || object.partition || ', offset ' ||
      (object.start_offset + repeats.first - object.first_line)`;
  await db.run(`insert into aside_${table}
    select repeats.n, 'rejected', ${literal(`${reasons.otherContent}: `)} ||
      repeats.landed_key || ', first landed at ' || ${place}
    from ${comparedRepeats(table)}
    asof join object_${table} as object on repeats.first >= object.first_line
    where not (${await sameColumns(db, table)})`);
}

/** Each repeat beside what was cleaned of it (`here`) and of its first (`there`). */
function comparedRepeats(table: TableName): string {
  return `(from repeat_${table} where not is_equal) as repeats
    join compared_${table} as here on here.ind = repeats.n
    join compared_${table} as there on there.ind = repeats.first`;
}

/** Null-safe, column by column; the key is the line number and differs always. */
async function sameColumns(db: DuckDbWarehouse, table: TableName): Promise<string> {
  const columns = await db.columns(`compared_${table}`);
  return columns.filter(({ name }) => name !== "ind").map(({ name }) => quoted(name))
    .map((name) => `here.${name} is not distinct from there.${name}`).join(" and ");
}
