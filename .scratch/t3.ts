import { openDuckDb } from "../pipelines/warehouse/duckdb.ts";
import { rewriteForDuckDb, lint } from "../sql/dialect/mod.ts";
for (const f of ["read","repeats","verdicts","accepted"]) {
  const t = await Deno.readTextFile(`sql/records/${f}.sql`);
  console.log(f, lint(t).slice(0,5));
  console.log(rewriteForDuckDb(t).slice(0,400));
}
const db = await openDuckDb();
console.log(await db.rows(`select json_extract('{"a":1,"b":null,"a":{"x":[1,2]},"a\\"q":"z"}', '$.*') as v, json_keys('{"a":1,"b":null,"a":{"x":[1,2]},"a\\"q":"z"}') as k`));
