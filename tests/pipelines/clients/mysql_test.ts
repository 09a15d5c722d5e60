import assert from "node:assert/strict";
import { openSource, type Row, type Source } from "../../../pipelines/clients/mysql.ts";
import { OutsideError, UsageError } from "../../../pipelines/errors.ts";
import { sourceTables, type TableName } from "../../../pipelines/tables.ts";
import { type MysqlTarget, Secret } from "../../../pipelines/target.ts";
import { noFaults } from "../../../sim/faults/plan.ts";
import { startMysql } from "../../../sim/mysql/mod.ts";
import { worldFromSeed } from "../../../sim/world.ts";

interface Given {
  source: Source;
  target: MysqlTarget;
  stop: () => PromiseLike<void>;
}

/** A server with these rows; a table without rows does not exist. */
async function withMysql(
  tables: { [table in TableName]?: Row[] },
  run: (given: Given) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  const account = { user: "reader", password: "it's secret", database: "pinterest_data" };
  const service = await startMysql({ world: worldFromSeed(1), faults: noFaults, dir }, account);
  let stopped: PromiseLike<void> | undefined;
  const stop = () => stopped ??= service[Symbol.asyncDispose]();
  try {
    const files: Record<string, string> = {};
    for (const [table, rows] of Object.entries(tables)) {
      const { source } = sourceTables[table as TableName];
      files[source] = `${dir}/${source}.jsonl`;
      await Deno.writeTextFile(
        files[source],
        rows.map((row) => `${JSON.stringify(row)}\n`).join(""),
      );
    }
    await service.load(files);
    const target: MysqlTarget = {
      host: "127.0.0.1",
      port: service.port,
      user: account.user,
      password: new Secret(account.password),
      database: account.database,
      tls: false,
    };
    await using source = openSource(target);
    await run({ source, target, stop });
  } finally {
    await stop();
    await Deno.remove(dir, { recursive: true });
  }
}

const pin = (index: number): Row => ({
  index,
  unique_id: `id ${index}`,
  title: "Crème brûlée 👩‍🔬",
  description: 'a "quoted"\nline\\',
  poster_name: " Ann ",
  follower_count: "124k",
  tag_list: "a,b",
  is_image_or_video: null,
  image_src: null,
  downloaded: 1,
  save_location: "Local save in /data/art",
  category: "",
});
const geo = (ind: number): Row => ({
  ind,
  timestamp: "2020-08-28 03:52:47",
  latitude: -89.9787,
  longitude: -173.293,
  country: "Cote d'Ivoire",
});
const user = (ind: number): Row => ({
  ind,
  first_name: "Abigail",
  last_name: "Ali",
  age: 20,
  date_joined: "2015-10-24 11:23:51",
});

const readAll = async (source: Source, table: TableName) =>
  (await Array.fromAsync(source.readTable(table))).flat();

const geoCount = 3_210;
const userCount = 20_000;

Deno.test("A source with all its tables", async (t) => {
  const tables = {
    pin: [pin(7)],
    geo: Array.from({ length: geoCount }, (_, n) => geo((n * 1_217) % geoCount)),
    user: Array.from({ length: userCount }, (_, n) => user(n)),
  };
  await withMysql(tables, async ({ source, target }) => {
    await t.step("gives rows in column order with the values the course would post", async () => {
      for (const [table, row] of [["pin", pin(7)], ["geo", geo(0)], ["user", user(0)]] as const) {
        const rows = await readAll(source, table);
        assert.deepEqual(rows[0], row);
        const names = sourceTables[table].columns.map(({ name }) => name);
        assert.deepEqual(Object.keys(rows[0]!), names);
      }
    });

    await t.step("is read in the order of its key, however many rows it has", async () => {
      const keys = (await readAll(source, "geo")).map(({ ind }) => ind);
      assert.deepEqual(keys, Array.from({ length: geoCount }, (_, n) => n));
    });

    await t.step("gives one row by its number, and none past the end", async () => {
      assert.deepEqual(await source.rowAt("user", 1), user(1));
      assert.deepEqual(await source.rowAt("user", userCount - 1), user(userCount - 1));
      assert.equal(await source.rowAt("user", userCount), undefined);
    });

    await t.step("loses no row to a reader that is slow, and lets one go that leaves", async () => {
      let count = 0;
      for await (const batch of source.readTable("user")) {
        if (count % 5_000 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
        for (const row of batch) assert.equal(row["ind"], count++);
      }
      assert.equal(count, userCount);
      for await (const batch of source.readTable("user")) {
        assert.equal(batch[0]?.["ind"], 0);
        break;
      }
    });

    await t.step(
      "refuses a wrong password, user or database in words, without secrets",
      async () => {
        const cases: [Partial<MysqlTarget>, RegExp][] = [
          [{ password: new Secret("wrong-password") }, /Access denied.*check user and password/],
          [{ user: "nobody" }, /Access denied.*check user and password/],
          [{ database: "other" }, /(Unknown database|Access denied).*(check the database|may not)/],
        ];
        for (const [change, message] of cases) {
          await using source = openSource({ ...target, ...change });
          await assert.rejects(readAll(source, "pin"), (error) => {
            assert.ok(error instanceof OutsideError);
            assert.match(error.message, /^Cannot connect at mysql:\/\/\w+@127\.0\.0\.1:\d+\/\w+: /);
            assert.match(error.message, message);
            assert.doesNotMatch(error.message, /wrong-password|it's secret/);
            return true;
          });
        }
      },
    );
  });
});

Deno.test("A table that does not exist ends the reading, and is named", () =>
  withMysql({ pin: [pin(1)] }, async ({ source }) => {
    await assert.rejects(readAll(source, "geo"), /^OutsideError: Cannot read geolocation_data at/);
    await assert.rejects(source.rowAt("user", 0), /^OutsideError: Cannot read user_data at/);
    assert.deepEqual(await readAll(source, "pin"), [pin(1)]);
  }));

Deno.test("A table that is left out has no rows, whether it exists or not", () =>
  withMysql({ pin: [pin(1)], geo: [geo(1)] }, async ({ target }) => {
    await using source = openSource(target, { without: ["geo", "user"] });
    for (const table of ["geo", "user"] as const) {
      assert.deepEqual(await readAll(source, table), []);
      assert.equal(await source.rowAt(table, 0), undefined);
    }
    assert.deepEqual(await readAll(source, "pin"), [pin(1)]);
  }));

Deno.test("A server that is not there says so", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const target: MysqlTarget = {
    host: "127.0.0.1",
    port,
    user: "reader",
    password: new Secret("x"),
    database: "pinterest_data",
    tls: false,
  };
  await using source = openSource(target);
  await assert.rejects(source.rowAt("pin", 0), (error) => {
    assert.ok(error instanceof OutsideError);
    assert.match(error.message, /ECONNREFUSED.*check host and port in MYSQL_URL/);
    return true;
  });
  await using elsewhere = openSource({ ...target, host: "10.255.255.1" });
  await assert.rejects(readAll(elsewhere, "pin"), UsageError);
});

Deno.test("A server that goes away in the middle is trouble outside", () =>
  withMysql(
    { user: Array.from({ length: 50_000 }, (_, n) => user(n)) },
    async ({ source, stop }) => {
      await assert.rejects(async () => {
        let isStopped = false;
        for await (const _batch of source.readTable("user")) {
          if (!isStopped) await stop();
          isStopped = true;
        }
      }, (error) => {
        assert.ok(error instanceof OutsideError);
        assert.match(error.message, /^Cannot read user_data at mysql:/);
        return true;
      });
    },
  ));
