import { openDuckDb } from "../pipelines/warehouse/duckdb.ts";
import { rewriteForDuckDb, lint } from "../sql/dialect/mod.ts";
import { mended, contentHash as sqlHash } from "../pipelines/record/spelling.ts";
import { canonicalNumber, contentHash } from "../pipelines/record/content.ts";
console.log(lint(`select ${mended("line")} as x, ${sqlHash("geo")} as y from t`));
const db = await openDuckDb();
const nums = ["7","7.0","7528.00","-89.9787","1e2","1E2","1.5e3","15e-1","1e-7","1.0E-7","1.2345678E7","-0","-0.0","-0.00","0e0","-0e5","abc","1.2.0","1e10","12345678901234567890123","1.10","100","0.0","00.10","1.e3","123456789.12345678901234567e-9","1.","User Info Error","1e","-1.50E-3", "9999999999e9","0.000100"];
for (const n of nums) {
  const rec = { ind: n, timestamp: "t", latitude: n, longitude: null, country: "c" };
  const [r] = await db.rows(rewriteForDuckDb(`select ${sqlHash("geo")} as h from (select '${n}' as ind, 't' as timestamp, '${n}' as latitude, cast(null as string) as longitude, 'c' as country)`));
  console.log(n, canonicalNumber(n), r.h === contentHash("geo", rec));
}
const lines = [String.raw`{"a":"\ud83d x"}`, String.raw`{"a":"\ud83d\ude00"}`, String.raw`{"a":"\\ud83d"}`, String.raw`{"a":"\\\ud83d"}`, String.raw`{"a":"\ude00\ud83d"}`, String.raw`{"a":"\ud83d\ud83d\ude00"}`, String.raw`{"a":"\uD83D\uDE00\uDE00"}`];
for (const l of lines) {
  const [r] = await db.rows(rewriteForDuckDb(`select ${mended("line")} as m from (select '${l}' as line)`));
  console.log(l, r.m, JSON.stringify(JSON.parse(l).a.toWellFormed()) === JSON.stringify(JSON.parse(r.m).a));
}
