/**
 * Judge: SQLAlchemy with PyMySQL, which is what the course's emulators read the database with.
 *
 * Covers a connection pool's first questions, the course's own statements, bound parameters, text
 * beyond ASCII, and reflection.
 */
import assert from "node:assert/strict";
import { mustRun, python } from "./tools.ts";
import { judgedWorld, setting } from "./world.ts";

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
