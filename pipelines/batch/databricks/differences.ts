/**
 * Differences: a clean table there, what cleaning gives once more, and the copy that was fetched ->
 * what is not the same.
 *
 * All rows are compared where they are; between the engines only sums over them, which both compute
 * with the same statement.
 */
import type { TableName } from "../../tables.ts";
import type { DatabricksWarehouse } from "../../warehouse/databricks.ts";
import type { DuckDbWarehouse } from "../../warehouse/duckdb.ts";
import type { Model } from "../../warehouse/models.ts";
import { sumOf } from "../../warehouse/portable.ts";
import { rewriteForDuckDb } from "../../../sql/dialect/mod.ts";
import type { Difference } from "../transform.ts";
import { ticked } from "../../warehouse/quoting.ts";

const firstRowsMax = 5;

export async function differences(
  there: DatabricksWarehouse,
  here: DuckDbWarehouse,
  table: TableName,
  model: Model,
): Promise<Difference[]> {
  const again = `again_${table}`;
  await there.model(again, model.text, { as: "view", file: model.file });
  try {
    return [
      ...await onlyIn(there, model, [table, again], "clean rows that cleaning does not give"),
      ...await onlyIn(there, model, [again, table], "rows that cleaning gives, not there"),
      ...await changedOnTheWay(there, here, table, model),
    ];
  } finally {
    await there.run(`drop view if exists ${again}`);
  }
}

async function onlyIn(
  there: DatabricksWarehouse,
  { header }: Model,
  [these, others]: [string, string],
  what: string,
): Promise<Difference[]> {
  const columns = header.output.map((column) => ticked(column.name)).join(", ");
  const rest = `with rest as (
    select ${columns} from ${ticked(these)} except all select ${columns} from ${ticked(others)}
)`;
  const [row] = await there.rows(`${rest}\nselect count(*) as row_count from rest`);
  const count = Number(row?.row_count);
  if (count === 0) return [];
  const rows = await there.rows(`${rest}\nselect * from rest order by ind limit ${firstRowsMax}`);
  return [{ what, count, rows }];
}

/** The copy here has as many rows and the same sum over their contents. */
async function changedOnTheWay(
  there: DatabricksWarehouse,
  here: DuckDbWarehouse,
  table: TableName,
  { header }: Model,
): Promise<Difference[]> {
  const statement = sumOf(table, header.output);
  const [theirs, ours] = [
    await there.rows(statement),
    await here.rows(rewriteForDuckDb(statement)),
  ].map(([row]) => ({ rows: Number(row?.row_count), sum: String(row?.row_sum) }));
  if (theirs?.rows === ours?.rows && theirs?.sum === ours?.sum) return [];
  const what = "rows of the table there and of its copy differ in number or content";
  return [{
    what,
    count: Math.max(1, Math.abs((theirs?.rows ?? 0) - (ours?.rows ?? 0))),
    rows: [{ there: { ...theirs }, here: { ...ours } }],
  }];
}
