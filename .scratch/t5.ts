import { openDuckDb } from "../pipelines/warehouse/duckdb.ts";
import { readLines, hasNames, contentHashOf, literal } from "../pipelines/record/duckdb_reading.ts";
import { readRecordSql } from "../pipelines/record/record_sql.ts";
const db = await openDuckDb();
const sql = await readRecordSql("duckdb");
const cases = ['{"index":1,"title":"x",}','{"index":NaN}','{"index":1,"title":-Infinity}','{"index":1,"title":" nan, }"}',"{'a':1}",'{"index":1} x','\ufeff{"a":1}','{"index":1,"title":"\\ud83d"}','{"index":1,"title":"\\ud83d\\ude00"}','{"index":1,"title":"first","title":"second"}','{"index":1,"index":2,"title":"first","title":{"q":[1.50,"z"]}}','{"index":1,"title":"first","title":null}','[1]','7','null','','{}','{"index":16,"latitude":1}','{"index":1,"title":[1,]}','{"index":" 5.0 ","title":1}', '{"index":1,"title":"a\\"b,]"}','{"index":1,"title":"info, }nan"}','{"index":1,"title":"\\u0001\\ud83d"}','{"ind":3,"age":4}','{"index":2147483648,"title":"x"}','{"index":1.5,"title":"x"}','{"index":1E2,"title":"x"}'];
const lines = `(values ${cases.map(c=>`(${literal(c)})`).join(",")}) as given(line)`;
for (const r of await db.rows(`select line, flaw, landed_key, title, ${contentHashOf("pin")} as h from (${sql.read("pin", readLines("pin", `(select * from ${lines})`), hasNames)})`)) console.log(JSON.stringify(r.line), r.flaw, r.landed_key, JSON.stringify(r.title), r.h?.slice(0,5));
