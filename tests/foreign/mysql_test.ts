/**
 * Judges: the `mysql` command line (Debian's MariaDB client), and SQLAlchemy with PyMySQL, which
 * is what the course's emulators read the database with.
 *
 * Covers login and its refusal, the course's own statements, text beyond ASCII, and reflection.
 */
import assert from "node:assert/strict";
import { debian, mustRun, python, run } from "./tools.ts";
import { judgedWorld, setting } from "./world.ts";

Deno.test("the mysql command line judges the simulated MySQL", async (t) => {
  const mysql = await debian("mariadb", "mariadb-client");
  await using world = await judgedWorld();
  const env = { MYSQL_PWD: setting(world, "MYSQL_PWD") };
  const login = ["-h", "127.0.0.1", "-P", setting(world, "MYSQL_TCP_PORT"), "-u", "project_user"];
  const ask = (sql: string) =>
    mustRun(mysql, [...login, "--batch", "--raw", "pinterest_data", "-e", sql], { env });

  await t.step("shows the three tables", async () => {
    const shown = await ask("SHOW TABLES");
    assert.deepEqual(shown.trim().split("\n").slice(1).sort(), [
      "geolocation_data",
      "pinterest_data",
      "user_data",
    ]);
  });

  await t.step("reads a row by number, as the course does", async () => {
    const wanted = JSON.parse((await Deno.readTextFile(world.files.geo)).split("\n")[41] ?? "");
    const [head, row] = (await ask("SELECT * FROM geolocation_data LIMIT 41, 1")).split("\n");
    assert.equal(head, "ind\ttimestamp\tlatitude\tlongitude\tcountry");
    assert.equal(
      row,
      [wanted.ind, wanted.timestamp, wanted.latitude, wanted.longitude, wanted.country].join("\t"),
    );
  });

  await t.step("counts, filters, sorts", async () => {
    assert.equal(await ask("SELECT COUNT(*) AS n FROM user_data"), "n\n200\n");
    const ages = await ask("SELECT age FROM user_data WHERE ind < 20 ORDER BY age DESC, ind");
    const numbers = ages.trim().split("\n").slice(1).map(Number);
    assert.deepEqual(numbers, numbers.toSorted((a, b) => b - a));
    assert.equal(numbers.length, 20);
  });

  await t.step("describes a table and shows variables", async () => {
    assert.match(await ask("DESCRIBE pinterest_data"), /^follower_count\ttext/mi);
    assert.match(await ask("SHOW VARIABLES LIKE 'character_set_server'"), /utf8mb4/);
  });

  await t.step("is refused with a wrong password, and told why", async () => {
    const { code, stderr } = await run(mysql, [...login, "-e", "SELECT 1"], {
      env: { MYSQL_PWD: "wrong" },
    });
    assert.notEqual(code, 0);
    assert.match(stderr, /ERROR 1045 \(28000\).*Access denied for user 'project_user'/);
  });

  await t.step("is told about a table that does not exist and about bad SQL", async () => {
    const missing = await run(mysql, [...login, "pinterest_data", "-e", "SELECT * FROM nope"], {
      env,
    });
    assert.match(missing.stderr, /ERROR 1146 \(42S02\)/);
    const broken = await run(mysql, [...login, "pinterest_data", "-e", "SELEC 1"], { env });
    assert.match(broken.stderr, /ERROR 1064 \(42000\)/);
  });
});

/** Reads one row of each table at the same number, as the course's emulators do. */
const emulatorRead = `
import json, sys
import sqlalchemy
from sqlalchemy import text, inspect
host, port, user, password = sys.argv[1:5]
engine = sqlalchemy.create_engine(
    f"mysql+pymysql://{user}:{password}@{host}:{port}/pinterest_data?charset=utf8mb4")
found = {}
with engine.connect() as connection:
    for table in ["pinterest_data", "geolocation_data", "user_data"]:
        for row in connection.execute(text(f"SELECT * FROM {table} LIMIT 41, 1")):
            found[table] = {name: str(value) for name, value in row._mapping.items()}
    bound = connection.execute(text("SELECT COUNT(*) FROM user_data WHERE age > :age"), {"age": 19})
    found["bound"] = bound.scalar()
found["tables"] = sorted(inspect(engine).get_table_names())
found["columns"] = [column["name"] for column in inspect(engine).get_columns("user_data")]
print(json.dumps(found))
`;

Deno.test("SQLAlchemy with PyMySQL judges the simulated MySQL", async () => {
  const bin = await python();
  await using world = await judgedWorld();
  const login = [
    ...["127.0.0.1", setting(world, "MYSQL_TCP_PORT")],
    ...["project_user", setting(world, "MYSQL_PWD")],
  ];
  const found = JSON.parse(await mustRun(bin, ["-c", emulatorRead, ...login]));
  for (
    const [table, path] of [["pinterest_data", world.files.pin], ["user_data", world.files.user]]
  ) {
    const wanted = JSON.parse((await Deno.readTextFile(path ?? "")).split("\n")[41] ?? "");
    for (const [name, value] of Object.entries(wanted)) {
      assert.equal(found[table ?? ""][name], value === null ? "None" : String(value), name);
    }
  }
  assert.equal(found.bound, 200);
  assert.deepEqual(found.tables, ["geolocation_data", "pinterest_data", "user_data"]);
  assert.deepEqual(found.columns, ["ind", "first_name", "last_name", "age", "date_joined"]);
});
