import assert from "node:assert/strict";
import { RunError } from "../../../pipelines/errors.ts";
import { openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";

const fails = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof RunError, String(error));
  assert.match(error.message, pattern);
  return true;
};

/** A folder that is gone at the end. */
async function temporary() {
  const path = await Deno.makeTempDir({ prefix: "warehouse-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

const model = (output: string, query: string) =>
  `-- x.sql: a model.\n-- output   ${output}\n\n${query}\n`;

Deno.test("a session speaks the dialect, and DuckDB's own functions stay in reach", async () => {
  await using warehouse = await openDuckDb();
  assert.deepEqual(
    await warehouse.rows("SELECT concat('a', NULL) AS ours, system.main.concat('a', NULL) AS own"),
    [{ ours: null, own: "a" }],
  );
  assert.deepEqual(await warehouse.rows("FROM (VALUES (1), (NULL)) t(x) ORDER BY x"), [
    { x: null },
    { x: 1 },
  ]);
});

Deno.test("a session neither installs nor loads extensions by itself", async () => {
  await using warehouse = await openDuckDb();
  const rows = await warehouse.rows(
    "SELECT value FROM duckdb_settings() WHERE name LIKE 'auto%_known_extensions'",
  );
  assert.deepEqual(rows, [{ value: "false" }, { value: "false" }]);
});

Deno.test("rows are plain values, and nothing is rounded", async () => {
  await using warehouse = await openDuckDb();
  const rows = await warehouse.rows(`SELECT
    1::INTEGER AS i, 9007199254740991::BIGINT AS b, 9007199254740993::BIGINT AS big,
    1.50::DECIMAL(9,2) AS d, 0.1::DOUBLE AS f, 'é'::VARCHAR AS s, true AS t, NULL AS n,
    TIMESTAMPTZ '2020-08-28 05:52:47.120+02' AS at, DATE '2020-02-29' AS day,
    [1.5::DOUBLE, NULL] AS l, {'a': [1], 'b': 'x'} AS o, 'ab'::BLOB AS bytes,
    '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::UUID AS u`);
  assert.deepEqual(rows, [{
    i: 1,
    b: 9007199254740991,
    big: 9007199254740993n,
    d: "1.50",
    f: 0.1,
    s: "é",
    t: true,
    n: null,
    at: "2020-08-28T03:52:47.12Z",
    day: "2020-02-29",
    l: [1.5, null],
    o: { a: [1], b: "x" },
    bytes: new Uint8Array([97, 98]),
    u: "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
  }]);
});

Deno.test("batches hand out all rows in order, beside other queries, and may be left early", async () => {
  await using warehouse = await openDuckDb();
  await warehouse.run("CREATE TABLE t AS SELECT range::INTEGER AS x FROM range(10000)");
  let next = 0;
  for await (const rows of warehouse.batches("SELECT x FROM t ORDER BY x")) {
    assert.deepEqual(await warehouse.rows("SELECT count(*) AS c FROM t"), [{ c: 10000 }]);
    for (const { x } of rows) assert.equal(x, next++);
  }
  assert.equal(next, 10000);
  for await (const rows of warehouse.batches("SELECT x FROM t")) {
    assert.ok(rows.length < 10000);
    break;
  }
});

Deno.test("a model has the declared types, whatever the engine made of them", async () => {
  await using warehouse = await openDuckDb();
  const text = model(
    "n bigint, y int, at timestamp, l array<double>",
    "select sum(1) as n, year(timestamp '2020-01-01 00:00:00') as y,\n" +
      "timestamp '2020-01-01 00:00:00' as at, array(1.5, 2) as l",
  );
  await warehouse.model("m", text, { as: "table" });
  assert.deepEqual(await warehouse.columns("m"), [
    { name: "n", type: "BIGINT" },
    { name: "y", type: "INTEGER" },
    { name: "at", type: "TIMESTAMP WITH TIME ZONE" },
    { name: "l", type: "DOUBLE[]" },
  ]);
  assert.deepEqual(await warehouse.rows("SELECT * FROM m"), [
    { n: 1, y: 2020, at: "2020-01-01T00:00:00Z", l: [1.5, 2] },
  ]);
});

Deno.test("a model keeps the order of its query, and a new one replaces the old", async () => {
  await using warehouse = await openDuckDb();
  await warehouse.run("CREATE TABLE t AS SELECT range::INTEGER AS x FROM range(50000)");
  for (const direction of ["asc", "desc"]) {
    for (const as of ["table", "view"] as const) {
      await warehouse.model(`m_${as}`, model("x int", `select x from t order by x ${direction}`), {
        as,
      });
      const rows = await warehouse.rows(`SELECT * FROM m_${as}`);
      const wanted = Array.from({ length: 50000 }, (_, x) => ({ x }));
      assert.deepEqual(rows, direction === "asc" ? wanted : wanted.reverse());
    }
  }
});

Deno.test("a model may end in a semicolon and a comment", async () => {
  await using warehouse = await openDuckDb();
  await warehouse.model("m", model("x int", "select 1 as x; -- done"), { as: "table" });
  await warehouse.model("m", model("x int", "select 2 as x -- done"), { as: "table" });
  assert.deepEqual(await warehouse.rows("SELECT * FROM m"), [{ x: 2 }]);
});

Deno.test("what the linter refuses is no model: all problems with file, line and column", async () => {
  await using warehouse = await openDuckDb();
  const text = model("x int", "select 1L as x,\n  trim('a') as y");
  await assert.rejects(
    warehouse.model("m", text, { as: "table", file: "sql/m.sql" }),
    fails(/^sql\/m\.sql:4:8: '1L'.*\nsql\/m\.sql:5:3: a trim/),
  );
  assert.deepEqual(await warehouse.rows("SELECT * FROM duckdb_tables()"), []);
});

Deno.test("what the engine refuses names the file and its line", async () => {
  await using warehouse = await openDuckDb();
  await assert.rejects(
    warehouse.model("m", model("x int", "select\n  1 as x\nfrom nowhere"), {
      as: "table",
      file: "m.sql",
    }),
    fails(/from m\.sql:6: Catalog Error: Table with name nowhere does not exist/),
  );
  await assert.rejects(
    warehouse.model("m", model("x int", "select\n  1 as x,\nselect"), {
      as: "table",
      file: "m.sql",
    }),
    fails(/from m\.sql:6: Parser Error/),
  );
});

Deno.test("a model selects exactly what its header declares, in that order", async () => {
  await using warehouse = await openDuckDb();
  const build = (output: string, query: string) =>
    warehouse.model("m", model(output, query), { as: "table", file: "m.sql" });
  await assert.rejects(
    build("a int, b int", "select 1 as a"),
    fails(/declares a, b, its query selects a$/),
  );
  await assert.rejects(
    build("a int", "select 1 as a, 2 as b"),
    fails(/declares a, its query selects a, b/),
  );
  await assert.rejects(build("a int, b int", "select 1 as b, 2 as a"), fails(/selects b, a/));
  await assert.rejects(
    warehouse.model("m", "select 1 as a", { as: "table" }),
    fails(/declares no output/),
  );
});

Deno.test("a model is one query", async () => {
  await using warehouse = await openDuckDb();
  await assert.rejects(
    warehouse.model("m", model("a int", "select 1 as a; select 2 as a"), {
      as: "table",
      file: "m.sql",
    }),
    fails(/m\.sql: a model is exactly one query/),
  );
});

Deno.test("an audit sorts findings by their first column, and refuses other columns", async () => {
  await using warehouse = await openDuckDb();
  const text =
    "-- a\nselect 'p' as promise, null as witness;\nselect 'w' as warning, 3 as value_count";
  assert.deepEqual(await warehouse.audit(text, "a.sql"), {
    broken: [{ promise: "p", witness: null }],
    warnings: [{ warning: "w", valueCount: 3 }],
  });
  await assert.rejects(
    warehouse.audit("select 1 as x", "a.sql"),
    fails(/audit a\.sql.*but here x/),
  );
  await assert.rejects(
    warehouse.audit("select 'p' as promise;\n\nselect x as promise from nowhere", "a.sql"),
    fails(/from a\.sql:3/),
  );
});

Deno.test("a database file keeps its tables and speaks the dialect when opened again", async () => {
  await using folder = await temporary();
  const path = `${folder.path}/data.duckdb`;
  {
    await using warehouse = await openDuckDb({ path });
    await warehouse.model("m", model("x string", "select concat('a', 'b') as x"), { as: "view" });
  }
  await using warehouse = await openDuckDb({ path });
  assert.deepEqual(await warehouse.rows("SELECT * FROM m"), [{ x: "ab" }]);
});

Deno.test("a database that cannot be opened is named, with the reason", async () => {
  await using folder = await temporary();
  await Deno.writeTextFile(`${folder.path}/no.duckdb`, "x".repeat(20_000));
  const fail = fails(/Cannot open the database .*no\.duckdb: .*not a valid DuckDB database/);
  await assert.rejects(openDuckDb({ path: `${folder.path}/no.duckdb` }), fail);
  await assert.rejects(openDuckDb({ path: `${folder.path}/none/x.duckdb` }), fails(/Cannot open/));
});

Deno.test("text that begins with U+FEFF keeps it in the database and in files", async () => {
  await using folder = await temporary();
  await using warehouse = await openDuckDb();
  await warehouse.run("CREATE TABLE t AS SELECT chr(65279) || 'a' AS x");
  const [row] = await warehouse.rows("SELECT length(x) AS length, encode(x) AS bytes FROM t");
  assert.deepEqual(row, { length: 2, bytes: new Uint8Array([0xef, 0xbb, 0xbf, 0x61]) });
  await warehouse.copyTo("t", `${folder.path}/t.csv`, "csv");
  assert.equal(await Deno.readTextFile(`${folder.path}/t.csv`), "x\n\ufeffa\n");
});

Deno.test("what does not fit into memory goes to the spill folder, or fails and says so", async () => {
  const sort = "SELECT count(*) AS c FROM (SELECT repeat(md5(range::VARCHAR), 4) AS x " +
    "FROM range(600000) ORDER BY x DESC LIMIT 500000)";
  await using folder = await temporary();
  const memoryLimitBytes = 50_000_000;
  {
    await using warehouse = await openDuckDb({ memoryLimitBytes, tempDir: `${folder.path}/spill` });
    assert.deepEqual(await warehouse.rows(sort), [{ c: 500000 }]);
  }
  await using warehouse = await openDuckDb({ memoryLimitBytes });
  await assert.rejects(warehouse.rows(sort), fails(/Out of Memory.*a folder to spill into/));
});

Deno.test("a signal ends the statement that runs, in every session, and all that come after it", async () => {
  const stop = new AbortController();
  await using warehouse = await openDuckDb({ signal: stop.signal });
  await using session = await warehouse.session();
  // A million times a million comparisons: none of them would end by itself.
  const long =
    "SELECT count(*) AS n FROM range(1000000) a, range(1000000) b WHERE a.range < b.range";
  const reason = new Error("stopped");
  const running = [
    warehouse.rows(long),
    session.run(`CREATE TABLE t AS ${long}`),
    Array.fromAsync(warehouse.batches(long)),
  ].map((work) => assert.rejects(work, reason));
  setTimeout(() => stop.abort(reason), 100);
  await Promise.all(running);
  await assert.rejects(warehouse.rows("SELECT 1"), reason);
});

Deno.test("a closed warehouse can be closed again, and nothing else", async () => {
  const warehouse = await openDuckDb();
  warehouse.close();
  warehouse.close();
  await assert.rejects(warehouse.rows("SELECT 1"), TypeError);
});

Deno.test("CSV has ISO times, JSON lists, nothing for null, and quotes where they are needed", async () => {
  await using folder = await temporary();
  await using warehouse = await openDuckDb();
  await warehouse.run(`CREATE TABLE "odd name" AS SELECT * FROM (VALUES
    (1, 'Saint Helena, Ascension', TIMESTAMPTZ '2020-08-28 03:52:47+00', [-89.9787::DOUBLE, 1]),
    (2, 'a "b"' || chr(10) || '🎨', TIMESTAMPTZ '2020-08-28 03:52:47.1205+00', NULL),
    (3, NULL, NULL, []), (4, '', NULL, [])) t(ind, country, "at", coordinates)`);
  const path = `${folder.path}/t's.csv`;
  await warehouse.copyTo("odd name", path, "csv");
  assert.equal(
    await Deno.readTextFile(path),
    'ind,country,at,coordinates\n1,"Saint Helena, Ascension",2020-08-28T03:52:47Z,"[-89.9787,1.0]"\n' +
      '2,"a ""b""\n🎨",2020-08-28T03:52:47.1205Z,\n3,,,[]\n4,"",,[]\n',
  );
});

Deno.test("Parquet has times as UTC microseconds, and the rows as they were", async () => {
  await using folder = await temporary();
  await using warehouse = await openDuckDb();
  await warehouse.run(
    "CREATE TABLE t AS SELECT 1::INTEGER AS i, 2::BIGINT AS b, 'x' AS s, " +
      "TIMESTAMPTZ '2020-08-28 03:52:47+00' AS at, [1.5::DOUBLE] AS l",
  );
  const path = `${folder.path}/t.parquet`;
  await warehouse.copyTo("t", path, "parquet");
  const utcMicros = "TimestampType(isAdjustedToUTC=1, unit=TimeUnit(MILLIS=<null>, " +
    "MICROS=MicroSeconds(), NANOS=<null>))";
  assert.deepEqual(
    await warehouse.rows(`SELECT name, type, converted_type, logical_type
      FROM parquet_schema('${path}') WHERE name IN ('i', 'b', 's', 'at', 'element')`),
    [
      { name: "i", type: "INT32", converted_type: "INT_32", logical_type: null },
      { name: "b", type: "INT64", converted_type: "INT_64", logical_type: null },
      { name: "s", type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: null },
      {
        name: "at",
        type: "INT64",
        converted_type: "TIMESTAMP_MICROS",
        logical_type: utcMicros,
      },
      { name: "element", type: "DOUBLE", converted_type: null, logical_type: null },
    ],
  );
  assert.deepEqual(
    await warehouse.rows(`SELECT * FROM '${path}'`),
    await warehouse.rows("SELECT * FROM t"),
  );
});

Deno.test("Parquet refuses the types that its readers take for others", async () => {
  await using folder = await temporary();
  await using warehouse = await openDuckDb();
  for (const value of ["sum(1)", "TIMESTAMP '2020-01-01 00:00:00'", "uuid()"]) {
    await warehouse.run(`CREATE OR REPLACE TABLE t AS SELECT ${value} AS x`);
    await assert.rejects(warehouse.copyTo("t", `${folder.path}/t.parquet`, "parquet"), TypeError);
  }
  assert.deepEqual([...Deno.readDirSync(folder.path)], []);
});

Deno.test("a copy on a full disk says so, leaves nothing behind and keeps the file before it", async () => {
  await using folder = await temporary();
  await using warehouse = await openDuckDb();
  await warehouse.run("CREATE TABLE t AS SELECT range AS x FROM range(100000)");
  for (const format of ["csv", "parquet"] as const) {
    const path = `${folder.path}/t.${format}`;
    await Deno.writeTextFile(path, "before");
    await Deno.symlink("/dev/full", `${path}.part`); // Every write to it is ENOSPC.
    await assert.rejects(
      warehouse.copyTo("t", path, format),
      fails(/Cannot write .*make room/),
    );
    assert.equal(await Deno.readTextFile(path), "before");
    await assert.rejects(Deno.lstat(`${path}.part`), Deno.errors.NotFound);
  }
});

Deno.test("a copy into a folder that is missing says what it tried", async () => {
  await using folder = await temporary();
  await using warehouse = await openDuckDb();
  await warehouse.run("CREATE TABLE t AS SELECT 1 AS x");
  await assert.rejects(
    warehouse.copyTo("t", `${folder.path}/none/t.csv`, "csv"),
    fails(/Cannot write .*none\/t\.csv: .*No such file or directory/),
  );
});
