import assert from "node:assert/strict";
import { ownViews, type Refusal, refusalOf, type Rules } from "../../../sim/duckdb/gate.ts";
import { locked } from "./support.ts";

const rules: Rules = {
  functions: new Set(["+", "lower", "count_star", "rank", "list_transform", "list_value"]),
  hasRelation: (schema, name) => ["", "own"].includes(schema) && name === "t",
};

function told(refusal: Refusal | null): string {
  if (refusal === null) return "passes";
  switch (refusal.kind) {
    case "function":
    case "column":
      return `${refusal.kind} ${refusal.name}`;
    case "relation":
      return `relation ${refusal.schema}.${refusal.name}`;
    default:
      return refusal.kind;
  }
}

const cases: readonly [query: string, verdict: string][] = [
  ["select lower(a) + 1, count(*), rank() over (order by b) from t", "passes"],
  ["select x.a from own.t x, (select 1 as b) y, (values (1)) z", "passes"],
  // Calls, in every spelling and place.
  ["select query('select 1')", "function query"],
  ['select "QUERY"(1)', "function query"],
  ["select /* a */ query /* b */ ('x')", "function query"],
  ["select system.main.query('x')", "function query"],
  ["select ('x').upper()", "function upper"],
  ["select a from t where lower(getenv('HOME')) = ''", "function getenv"],
  ["select sum(a) over () from t", "function sum"],
  ["select a from t order by random()", "function random"],
  ["select a from t limit current_setting('threads')", "function current_setting"],
  ["select list_transform([1], lambda x: getenv(x))", "function getenv"],
  ["select * from t group by all having max(a) > 1", "function max"],
  ["select 1 union all (select 2 where exists (select read_text('/x')))", "function read_text"],
  ["with lower as (select 1) select upper('x') from lower", "function upper"],
  // Table functions, beside which a comma or LATERAL stands.
  ["from read_csv('/etc/passwd')", "function read_csv"],
  ["from lower('x')", "function lower"],
  ["select * from t, query_table('t') as q(a)", "function query_table"],
  ["select * from t, lateral (select * from glob('*'))", "function glob"],
  ["select a in (from duckdb_settings()) from t", "function duckdb_settings"],
  // Relations that are the engine's own, or files.
  ["from duckdb_databases", "relation .duckdb_databases"],
  ["from '/etc/passwd'", "relation ./etc/passwd"],
  ['from "u.csv"', "relation .u.csv"],
  ["from information_schema.tables", "relation information_schema.tables"],
  ["from own.u", "relation own.u"],
  ["from memory.own.t", "relation own.t"],
  ["select a in (table sqlite_master) from t", "relation .sqlite_master"],
  // A CTE hides a view where it is seen, and only there.
  ["with pg_class as (select 1 as a) from pg_class", "passes"],
  ["with pg_class as (from pg_class) from pg_class", "relation .pg_class"],
  ["with recursive r as (select 1 as a union all select a + 1 from r) from r", "passes"],
  ["select 1 in (with u as (select 1) from u) from u", "relation .u"],
  ["with a as (from b), b as (select 1) from a", "relation .b"],
  ["with u as (select 1) from own.u", "relation own.u"],
  // What is no query, or DuckDB's alone.
  ["select 1; select 2", "statement"],
  ["attach ':memory:' as x", "statement"],
  ["copy (select 1) to '/tmp/x'", "statement"],
  ["set threads = 1", "statement"],
  ["pragma version", "statement"],
  ["install httpfs", "statement"],
  ["describe t", "statement"],
  ["from (show tables)", "statement"],
  ["from (summarize t)", "statement"],
  ["from t join (describe t) on true", "statement"],
  ["pivot t on a", "statement"],
  ["select current_schema", "column current_schema"],
  ["select t.current_schema, lower(a) from t", "passes"],
  ["selec 1", "syntax"],
  ["select 1 \0 from t", "syntax"],
];

Deno.test("The gate lets pass what is on the list, and names the first thing that is not", async () => {
  await using engine = await locked();
  for (const [query, verdict] of cases) {
    assert.equal(told(await refusalOf(query, engine.connection, rules)), verdict, query);
  }
});

Deno.test("A refusal says where: the bytes before it", async () => {
  await using engine = await locked();
  const refusal = await refusalOf("select 'é', query('x')", engine.connection, rules);
  assert.deepEqual(refusal, { kind: "function", name: "query", position: 13 });
});

Deno.test("DuckDB's own views are those that it finds by a bare name", async () => {
  await using engine = await locked();
  const views = await ownViews(engine.connection);
  for (const name of ["duckdb_tables", "pg_class", "pragma_database_list", "sqlite_master"]) {
    assert.ok(views.has(name), name);
  }
  // Independently: what DuckDB lists, and finds.
  const listed = await engine.connection.runAndReadAll(
    "SELECT DISTINCT view_name FROM duckdb_views() WHERE internal",
  );
  for (const [name] of listed.getRows()) {
    const isFound = await engine.connection.run(`FROM ${name} LIMIT 0`).then(
      () => true,
      () => false,
    );
    assert.equal(views.has(String(name)), isFound, String(name));
  }
});
