/**
 * What a client's SQL must not reach: files, the engine's own functions, views and settings. Asked
 * through the clients themselves, mysql2 and the statement API, with a file planted outside.
 *
 * DuckDB's own list of functions is the measure: all that the service does not know is refused.
 */
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import mysql, { type RowDataPacket } from "mysql2";
import assert from "node:assert/strict";
import { engineFunctions as databricksFunctions } from "../../sim/databricks/sql/engine_functions.ts";
import { refusalOf } from "../../sim/duckdb/gate.ts";
import { engineFunctions as mysqlFunctions } from "../../sim/mysql/sql/engine_functions.ts";
import { functionNames } from "../../sim/mysql/sql/functions.ts";
import { rewriteForDuckDb } from "../../sql/dialect/mod.ts";
import { openWorkspace } from "../sim/databricks/helper.ts";
import { account, serverWith, smallFiles } from "../sim/mysql/support.ts";
import { answers } from "../sql/dialect/answers.ts";

const secret = "planted-secret";

/** A file with something to find, in a folder of its own. */
async function planted() {
  const dir = await Deno.makeTempDir();
  const path = `${dir}/planted.csv`;
  await Deno.writeTextFile(path, `${secret}\n`);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }) };
}

interface Judge extends AsyncDisposable {
  connection: DuckDBConnection;
  /** All names, or those of functions of one kind. */
  names(kind?: "table"): Promise<string[]>;
}

/** A DuckDB of nobody, which says what functions there are. */
async function judge(): Promise<Judge> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  return {
    connection,
    async names(kind) {
      const only = kind === undefined
        ? ""
        : "WHERE function_type IN ('pragma', 'table', 'table_macro')";
      const found = await connection.runAndReadAll(
        `SELECT DISTINCT lower(function_name) FROM duckdb_functions() ${only} ORDER BY ALL`,
      );
      return found.getRows().map(([name]) => String(name));
    },
    [Symbol.asyncDispose]() {
      connection.closeSync();
      instance.closeSync();
      return Promise.resolve();
    },
  };
}

async function mysqlClient() {
  const server = await serverWith(smallFiles);
  const connection = mysql.createConnection({
    host: "127.0.0.1",
    port: server.mysql.port,
    ...account,
  }).promise();
  return {
    /** Code and words of the refusal, or what was answered. */
    async ask(statement: string, isPrepared = false): Promise<[code: string, words: string]> {
      try {
        const [rows] = isPrepared
          ? await connection.execute<RowDataPacket[]>(statement)
          : await connection.query<RowDataPacket[]>(statement);
        return ["none", JSON.stringify(rows)];
      } catch (error) {
        assert.ok(error instanceof Error && "code" in error, String(error));
        return [String(error.code), error.message];
      }
    },
    async [Symbol.asyncDispose]() {
      await connection.end();
      await server[Symbol.asyncDispose]();
    },
  };
}

const noFunction = "ER_SP_DOES_NOT_EXIST";
const noTable = "ER_NO_SUCH_TABLE";
const noSyntax = "ER_PARSE_ERROR";

const onMysql = (path: string): [statement: string, code: string][] => [
  [`select query('select 1')`, noFunction],
  ["select `query`('select 1')", noFunction],
  ["select /*! query */ ('select 1')", noFunction],
  ["select /* a */ QuErY /* b */ ('select 1')", noFunction],
  ["select * from query('select 1')", noFunction],
  ["select * from query_table('pinterest_data')", noFunction],
  ["select p.title from pinterest_data p, query('select 1') as q(a)", noFunction],
  ["select p.title from pinterest_data p, lateral (select * from glob('*')) q", noFunction],
  ["with query as (select 1) select query('x') from query", noFunction],
  ["select title from pinterest_data where title = (select getenv('HOME'))", noFunction],
  ["select title from pinterest_data order by current_setting('threads')", noFunction],
  ["select max(getvariable('x')) over () from pinterest_data", noFunction],
  ["select (title).getenv() from pinterest_data", noFunction],
  ["select system.main.getenv('HOME')", noFunction],
  ["select duckdb_settings()", noFunction],
  ["select * from duckdb_databases()", noFunction],
  ["select * from pragma_database_list()", noFunction],
  [`select * from read_csv('${path}')`, noFunction],
  [`select * from read_text('${path}')`, noFunction],
  [`select * from read_blob('${path}')`, noFunction],
  [`select * from parquet_scan('${path}')`, noFunction],
  [`select * from sniff_csv('${path}')`, noFunction],
  [`select load_file('${path}')`, noFunction],
  [`select * from \`${path}\``, noTable],
  [`select * from pinterest_data, \`${path}\``, noTable],
  ["select * from `https://127.0.0.1:1/x.parquet`", noTable],
  ["select * from `source.duckdb`", noTable],
  [`select * from '${path}'`, noSyntax],
  ["select * from duckdb_tables", noTable],
  ["select * from pragma_database_list", noTable],
  ["select * from sqlite_master", noTable],
  ["with sqlite_master as (select * from sqlite_master) select * from sqlite_master", noTable],
  ["select * from pg_catalog.pg_class", noTable],
  ["select * from main.duckdb_views", noTable],
  ["table duckdb_columns", noTable],
  ["select * from (describe pinterest_data) q", noSyntax],
  ["select * from (show tables) q", noSyntax],
  ["select current_schema", "ER_BAD_FIELD_ERROR"],
  ["attach ':memory:' as x", noSyntax],
  ["copy pinterest_data to '/tmp/x'", noSyntax],
  ["pragma version", noSyntax],
  ["load httpfs", "ER_OPTION_PREVENTS_STATEMENT"],
  ["install httpfs", "ER_OPTION_PREVENTS_STATEMENT"],
  [`load data infile '${path}' into table pinterest_data`, "ER_OPTION_PREVENTS_STATEMENT"],
];

Deno.test("mysql2 reaches neither files nor the engine's own, and is told so in MySQL's words", async () => {
  await using file = await planted();
  await using client = await mysqlClient();
  for (const [statement, code] of onMysql(file.path)) {
    for (const isPrepared of [false, true]) {
      const [found, words] = await client.ask(statement, isPrepared);
      assert.equal(found, code, `${statement}: ${words}`);
      assert.ok(!words.includes(secret), statement);
    }
  }
  const [, words] = await client.ask("select query('select 1')");
  assert.equal(words, "FUNCTION pinterest_data.query does not exist");
});

Deno.test("mysql2 sets what MySQL has, and nothing of the engine", async () => {
  await using client = await mysqlClient();
  assert.notEqual((await client.ask("set enable_external_access = true"))[0], "none");
  assert.notEqual((await client.ask("set global lock_configuration = false"))[0], "none");
  assert.equal((await client.ask("set session sql_mode = ''"))[0], "none");
  // What it may still ask, after all refusals.
  assert.deepEqual(await client.ask("select count(*) as n, lower('X') as l from pinterest_data"), [
    "none",
    '[{"n":3,"l":"x"}]',
  ]);
});

const services = { MySQL: mysqlFunctions, Databricks: databricksFunctions };

for (const [service, functions] of Object.entries(services)) {
  Deno.test(`Every function of DuckDB that is not on the list of ${service} is refused`, async () => {
    await using duckdb = await judge();
    const names = (await duckdb.names()).filter((name) => !functions.has(name));
    assert.ok(names.length > 700, String(names.length));
    const rules = { functions, hasRelation: () => true };
    for (const name of names) {
      const refusal = await refusalOf(`SELECT "${name}"('x')`, duckdb.connection, rules);
      assert.deepEqual(refusal, { kind: "function", name, position: 7 });
    }
  });
}

Deno.test("Every table function of DuckDB is refused through mysql2", async () => {
  await using client = await mysqlClient();
  await using duckdb = await judge();
  const names = await duckdb.names("table");
  assert.ok(names.length > 80, String(names.length));
  for (const name of names) {
    const refused = [noFunction, `FUNCTION pinterest_data.${name} does not exist`];
    assert.deepEqual(await client.ask(`select * from \`${name}\`('x') as t`), refused);
  }
});

/** Read files, run texts, tell of the machine, change something, or wait. */
const dangerous = new RegExp(
  "^(query|query_table|glob|read_|parquet_|sniff_|which_secret|duckdb_|pragma_|pg_|current_|getenv|" +
    "getvariable|nextval|currval|txid|in_search_path|json_execute|json_serialize|from_substrait|" +
    "sql_auto|seq_scan|arrow_|test_|checkpoint|force_checkpoint|add_parquet|load_|write_log|" +
    "parse_duckdb|enable_|disable_|set_|reset_|repeat_row|has_|version$|user$|session_user$)",
);

Deno.test("No list of a service has what reads files, runs texts or tells of the machine", () => {
  const known = new Set(["current_date", "current_timestamp", "read_files", "read_time"]);
  for (const name of [...mysqlFunctions, ...databricksFunctions]) {
    assert.ok(known.has(name) || !dangerous.test(name), name);
  }
  for (const name of Object.values(functionNames)) assert.ok(mysqlFunctions.has(name), name);
});

const noRoutine = "42883";
const noView = "42P01";
const unread = "42601";
const notHere = "0A000";

const onDatabricks = (path: string): [statement: string, sqlState: string][] => [
  ["select query('select 1')", noRoutine],
  ["select `query`('select 1') as q", noRoutine],
  ["select /* a */ query /* b */ ('select 1')", noRoutine],
  ["select * from query('select 1')", noRoutine],
  ["select * from (select 1 as a) as t, query('select 1') as (a)", unread],
  ["select * from (select 1 as a) as t, `query`('select 1') as q", noRoutine],
  ["with t as (select 1 as a) select `getenv`('HOME') as h from t", noRoutine],
  ["select sort_array(collect_list(`current_setting`('threads'))) as s", noRoutine],
  ["select * from `duckdb_databases`()", noRoutine],
  ["select * from `duckdb_settings`() as s", noRoutine],
  ["select system.main.getenv('HOME')", noRoutine],
  [`select * from read_csv('${path}')`, noRoutine],
  [`select * from \`read_csv\`('${path}')`, noRoutine],
  [`select * from \`read_text\`('${path}')`, noRoutine],
  [`select * from \`glob\`('${path}')`, noRoutine],
  [`select * from \`parquet_scan\`('${path}')`, noRoutine],
  [`select * from \`${path}\``, noView],
  [`select 1 as a from (select 1 as b) as t, \`${path}\``, noView],
  ["select * from duckdb_tables", noView],
  ["select * from sqlite_master", noView],
  ["select * from (select 1 as a) as t, duckdb_views", noView],
  ["with sqlite_master as (select * from sqlite_master) select * from sqlite_master", noView],
  ["select * from pg_catalog.pg_class", noView],
  ["select * from information_schema.tables", noView],
  ["select 1 as a where 1 in (table duckdb_tables)", noView],
  ["create table copied as select * from `duckdb_settings`()", noRoutine],
  ["create view seen as select * from sqlite_master", noView],
  ["select * from (describe duckdb_tables)", unread],
  ["select * from (show tables)", unread],
  ["attach ':memory:' as x", unread],
  ["copy (select 1) to '/tmp/x'", notHere],
  ["pragma version", unread],
  ["install httpfs", unread],
  ["load httpfs", unread],
];

Deno.test("A statement reaches neither files nor the engine's own, and is told so by Databricks' states", async () => {
  await using file = await planted();
  await using workspace = await openWorkspace();
  for (const [statement, sqlState] of onDatabricks(file.path)) {
    const { body, text } = await workspace.execute(statement);
    assert.equal(body.status.sql_state, sqlState, `${statement}: ${text}`);
    assert.ok(!text.includes(secret), statement);
  }
  assert.deepEqual(await workspace.rows("show tables"), []);
});

Deno.test("Every table function of DuckDB is refused by the statement API", async () => {
  await using workspace = await openWorkspace();
  await using duckdb = await judge();
  for (const name of await duckdb.names("table")) {
    const { body, text } = await workspace.execute(`select * from \`${name}\`('x') as t`);
    const isThere = body.status.sql_state === notHere;
    assert.ok(isThere || body.status.sql_state === noRoutine, `${name}: ${text}`);
    const words = isThere
      ? /\[SIMULATOR_CANNOT_RUN\]/
      : /\[UNRESOLVED_ROUTINE\] Cannot resolve routine/;
    assert.match(text, words);
  }
});

Deno.test("Every expression of the dialect passes the gate", async () => {
  await using duckdb = await judge();
  const rules = { functions: databricksFunctions, hasRelation: () => true };
  for (const [expression] of answers) {
    const sql = rewriteForDuckDb(`select ${expression} as v`);
    assert.equal(await refusalOf(sql, duckdb.connection, rules), null, expression);
  }
});
