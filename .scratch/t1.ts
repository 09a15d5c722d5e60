import { openDuckDb } from "/tmp/wt/records/pipelines/warehouse/duckdb.ts";
const db = await openDuckDb();
const cases = ['{"a":1,}','{"a":NaN}','{"a":-Infinity}','{"a":nan}','{"a":inf}',"{'a':1}",'{"a":1} x','{"a":1}{"a":2}','\ufeff{"a":1}','{"a":"tab\there"}','{"a":"\\x41"}','{"a":"\\ud83d"}','{"a":01}','{"a":+1}','{"a":1.}','{"a":.5}','{"a":0x10}','{"a":1e999}','{a:1}','{"a":1 /*c*/}','{"a":1}\u000b','{"a":1}\u00a0',' {"a":1} ','{"a":1,"a":2}','{"a":[1,]}','{"a":tRue}','{"a":"x\u0000y"}','{"a":"\\u0000"}','{"a":12345678901234567890123}','{"a":1E5}','{"a":-0}','{"a":-}','{"a":1,,"b":2}','{"a" 1}','{"a":"\u2028"}','{"a":'+'['.repeat(1100)+']'.repeat(1100)+'}','{"\\u0061":5}','{"a":true}','{"a":{"b":1.50}}', '{"a":""}','{"":1,"a":3}'];
for (const c of cases) {
  const lit = "'" + c.replaceAll("'", "''").replaceAll("\u0000","") + "'";
  let out; try { const [r] = await db.rows(`select try(json_transform(${lit}, '{"a":"VARCHAR"}')) as p, try(json_keys(${lit})) as k, json_valid(${lit}) as v`); out = JSON.stringify(r);} catch(e){ out = "ERR "+e.message.slice(0,100);}
  let js = true; try { JSON.parse(c) } catch { js = false }
  console.log(js, c.slice(0,40).padEnd(40), out.slice(0,120));
}
// timings
await db.run(`create table l as select '{"index":' || i || ',"unique_id":"' || md5(i::varchar) || '","title":"' || repeat('some words ', 5) || '","description":"' || repeat('more words about it ', 12) || '","poster_name":"abc","follower_count":"12k","tag_list":"a,b,c","is_image_or_video":"image","image_src":"https://x/y","downloaded":1,"save_location":"Local save in /data/x","category":"c"}' as line from range(1000000) t(i)`);
await db.run("set threads=1");
const st = JSON.stringify(Object.fromEntries(["index","unique_id","title","description","poster_name","follower_count","tag_list","is_image_or_video","image_src","downloaded","save_location","category"].map(n=>[n,"VARCHAR"])));
const time = async (n: string, q: string) => { const t=performance.now(); const r = await db.rows(q); console.log(n, (performance.now()-t).toFixed(0), JSON.stringify(r).slice(0,80)); };
for (let k=0;k<2;k++){
await time("transform", `select count(p.title) from (select try(json_transform(line, '${st}')) as p from l)`);
await time("keys", `select sum(len(json_keys(line))) from l`);
await time("keys distinct", `select count(*) filter (len(k) <> len(list_distinct(k))) from (select json_keys(line) k from l)`);
await time("keys unique", `select count(*) filter (not list_unique(k) = len(k)) from (select json_keys(line) k from l)`);
await time("regex", `select count(*) from l where regexp_matches(line, ',\\s*[}\\]]|[:,\\[]\\s*[-+]?[NnIi]')`);
await time("len", `select sum(length(line)) from l`);
await time("rule key old", `select count(try_cast(nullif(regexp_extract(trim(k, ' ' || chr(9) || chr(10) || chr(13) || chr(160)), '^(-?[0-9]+)([.]0+)?$', 1), '') as integer)) from (select i::varchar k from range(1000000) t(i))`);
await time("rule key new", `select count(case when regexp_extract(k, '^-?[0-9]+([.]0+)?', 0) = k then try_cast_to_int(regexp_extract(k, '^-?[0-9]+', 0)) end) from (select trim(i::varchar, ' ' || chr(9) || chr(10) || chr(13) || chr(160)) k from range(1000000) t(i))`);
await time("num old", `select count(case when isfinite(try_cast(k as double)) then cast(try_cast(k as double) as varchar) end) from (select (i/7)::varchar k from range(1000000) t(i))`);
await time("num new", `select count(case when k like '%e%' or k like '%E%' then null when k like '%.%' then trim(trailing '.' from trim(trailing '0' from k)) else k end) from (select (i/7)::varchar k from range(1000000) t(i))`);
}
