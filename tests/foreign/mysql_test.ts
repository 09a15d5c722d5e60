/**
 * Judge: the `mysql` command line (Debian's MariaDB client).
 *
 * Covers login and its refusal, the course's own statements, variables, and errors by number.
 */
import assert from "node:assert/strict";
import { debian, mustRun, run } from "./tools.ts";
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
