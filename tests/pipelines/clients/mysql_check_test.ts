/**
 * A MySQL server as a source, checked before it is read: through mysql2 against the simulated
 * server, which is given tables as files.
 */
import assert from "node:assert/strict";
import { checkSource, judgeTables, notesOfRows } from "../../../pipelines/clients/mysql_check.ts";
import { OutsideError, UsageError } from "../../../pipelines/errors.ts";
import type { TableName } from "../../../pipelines/tables.ts";
import { Secret } from "../../../pipelines/target.ts";
import { noFaults } from "../../../sim/faults/plan.ts";
import { startMysql } from "../../../sim/mysql/mod.ts";
import { worldFromSeed } from "../../../sim/world.ts";

const files = {
  pin: "index,unique_id,title,description,poster_name,follower_count,tag_list," +
    "is_image_or_video,image_src,downloaded,save_location,category\n",
  geo: "ind,timestamp,latitude,longitude,country\n",
  user: "ind,first_name,last_name,age,date_joined\n",
};
const rows = { pin: "1,,,,,,,,,,,\n", geo: "1,,,,\n", user: "1,,,,\n" };
const names = { pin: "pinterest_data", geo: "geolocation_data", user: "user_data" };

/** What the check says of a simulated server with these tables; a table may have no rows. */
async function checked(
  tables: { [table in TableName]?: "rows" | "empty" },
  without: TableName[] = [],
): Promise<string[]> {
  const dir = await Deno.makeTempDir();
  const account = { user: "reader", password: "hush", database: "shop" };
  const service = await startMysql({ world: worldFromSeed(1), faults: noFaults, dir }, account);
  try {
    const paths: Record<string, string> = {};
    for (const [name, content] of Object.entries(tables)) {
      const table = name as TableName;
      paths[names[table]] = `${dir}/${table}.csv`;
      await Deno.writeTextFile(
        `${dir}/${table}.csv`,
        files[table] + (content === "rows" ? rows[table] : ""),
      );
    }
    await service.load(paths);
    const target = { ...account, host: "127.0.0.1", port: service.port, tls: false };
    return await checkSource({ ...target, password: new Secret(account.password) }, { without });
  } finally {
    await service[Symbol.asyncDispose]();
    await Deno.remove(dir, { recursive: true });
  }
}

const usage = (said: RegExp) => (error: unknown) => {
  assert.ok(error instanceof UsageError, String(error));
  assert.match(error.message, said);
  assert.doesNotMatch(error.message, /hush/);
  return true;
};

Deno.test("a server with the three tables has nothing to be told", async () => {
  assert.deepEqual(await checked({ pin: "rows", geo: "rows", user: "rows" }), []);
});

Deno.test("a table that is missing is named, unless it is left out", async () => {
  const tables = { pin: "rows", user: "rows" } as const;
  await assert.rejects(
    checked(tables),
    usage(/^No table geolocation_data in the database shop: it has .*user_data.*--without geo$/),
  );
  assert.deepEqual(await checked(tables, ["geo"]), []);
});

Deno.test("an empty database is refused, each table named", async () => {
  await assert.rejects(
    checked({}),
    usage(/^(No table \w+ in the database shop, which has no tables at all\n?){3}$/),
  );
});

Deno.test("a table without rows is told, three of them are refused", async () => {
  const notes = await checked({ pin: "rows", geo: "empty", user: "rows" });
  assert.deepEqual(notes, ["geolocation_data has no rows"]);
  const all = { pin: "empty", geo: "empty", user: "empty" } as const;
  await assert.rejects(checked(all), usage(/no rows in shop/));
  assert.throws(
    () => notesOfRows({ pinterest_data: 0 }, "./dumps"),
    usage(/no rows in [.]\/dumps/),
  );
});

const columnsOf = (table: TableName) => files[table].trim().split(",");

Deno.test("a misspelt table is suggested, and missing columns are named, all at once", () => {
  const present = new Map([
    ["pinterest_data", columnsOf("pin").filter((name) => !/^(index|title)$/.test(name))],
    ["geolocation_date", columnsOf("geo")],
    ["user_data", columnsOf("user")],
  ]);
  assert.throws(() => judgeTables(present, ["pin", "geo", "user"], "shop"), (error) => {
    assert.ok(error instanceof UsageError);
    const [columns, table, ...others] = error.message.split("\n");
    assert.match(columns ?? "", /^The table pinterest_data lacks the columns 'index', 'title'; it/);
    assert.match(table ?? "", /^No table geolocation_data .*: did you mean geolocation_date[?]/);
    assert.deepEqual(others, []);
    return true;
  });
});

Deno.test("columns that are not taken are told", () => {
  const present = new Map([["geolocation_data", [...columnsOf("geo"), "altitude"]]]);
  assert.deepEqual(judgeTables(present, ["geo"], "shop"), [
    "geolocation_data: these columns are not taken: 'altitude'",
  ]);
});

Deno.test("a server that is not there is trouble outside, without the password", async () => {
  const target = { host: "127.0.0.1", port: 1, user: "me", database: "shop", tls: false };
  await assert.rejects(
    checkSource({ ...target, password: new Secret("hush") }),
    (error) => error instanceof OutsideError && !error.message.includes("hush"),
  );
});
