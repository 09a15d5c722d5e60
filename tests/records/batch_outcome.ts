/** What a batch says of every record, by its place, whichever engine judged it. */
import type { Transformed } from "../../pipelines/batch/transform.ts";
import { type TableName, tableNames } from "../../pipelines/tables.ts";
import type { Outcome } from "./placing.ts";

/** Table by table. */
export function outcomesOf(batch: Transformed): Promise<Outcome[]> {
  return Promise.all(tableNames.map((table) => outcomeOf(batch, table)));
}

async function outcomeOf({ work: { db } }: Transformed, table: TableName): Promise<Outcome> {
  const places = await db.rows(`
    select object.partition || ':' || (object.start_offset + landed.rowid - first_line) as place,
      coalesce(aside.reason, aside.verdict, 'kept') as verdict
    from landed_${table} as landed
    asof join object_${table} as object on landed.rowid >= object.first_line
    left join aside_${table} as aside on aside.n = landed.rowid
    union all
    select partition || ':' || "offset", reason from undecodable_${table}`);
  return {
    verdicts: Object.fromEntries(places.map(({ place, verdict }) => [place, String(verdict)])),
    rows: await db.rows(`from "${table}"`),
  };
}
