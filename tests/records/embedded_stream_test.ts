/** The list of cases through the micro-batches of `stream`: all at once, and a few at a time. */
import { type TableName, tableNames } from "../../pipelines/tables.ts";
import { Cleaner, pageOf, sequence } from "../pipelines/stream/streaming.ts";
import type { Case } from "./notation.ts";
import { assertJudged, type Judged, type Outcome, valuesOf } from "./placing.ts";

async function outcomeOf(
  table: TableName,
  values: readonly Case[],
  size: number,
): Promise<Outcome> {
  await using cleaner = await Cleaner.open(table);
  const verdicts: Record<string, string> = {};
  for (let start = 0; start < values.length; start += size) {
    const some = values.slice(start, start + size);
    const { rejects } = await cleaner.take(pageOf(0, start, some.map(({ given }) => given)));
    const asides = await cleaner.db.rows(`
      select landed.rowid as n, coalesce(aside.verdict, 'kept') as verdict
      from landed_${table} as landed left join aside_${table} as aside on aside.n = landed.rowid`);
    for (const { n, verdict } of asides) verdicts[String(start + Number(n))] = String(verdict);
    for (const { sequenceNumber, reason } of rejects) {
      verdicts[String(BigInt(sequenceNumber) - BigInt(sequence(0)))] = reason;
    }
  }
  return { verdicts, rows: cleaner.kept };
}

for (const size of [1000, 7]) {
  Deno.test(`micro-batches of ${size} judge every value as the list of cases has it`, async () => {
    const judged: Judged[] = [];
    for (const table of tableNames) {
      const values = valuesOf(table);
      const places = new Map(values.map((one, at) => [String(at), one]));
      judged.push([places, await outcomeOf(table, values, size)]);
    }
    assertJudged(`embedded stream, ${size} to a batch`, judged);
  });
}
