/**
 * The contract of the source database, checked with mysql2, the client that the pipelines use.
 */
import mysql, { type RowDataPacket } from "mysql2";
import assert from "node:assert/strict";
import {
  account,
  serverWith,
  smallFiles,
  type TestServer,
  writeFiles,
} from "../sim/mysql/support.ts";

type Options = Partial<mysql.ConnectionOptions>;

async function connected(server: TestServer, options: Options = {}) {
  const connection = mysql.createConnection({
    host: "127.0.0.1",
    port: server.mysql.port,
    dateStrings: true,
    ...account,
    ...options,
  });
  const promised = connection.promise();
  await promised.connect();
  return {
    connection,
    async rows(sql: string, values: unknown[] = []): Promise<RowDataPacket[]> {
      const [rows] = await promised.query<RowDataPacket[]>(sql, values);
      return rows;
    },
    async execute(sql: string, values: (string | number | null)[] = []) {
      const [rows] = await promised.execute<RowDataPacket[]>(sql, values);
      return rows;
    },
    promised,
    async [Symbol.asyncDispose]() {
      await promised.end().catch(() => connection.destroy());
    },
  };
}

async function refusal(server: TestServer, options: Options) {
  const connection = mysql.createConnection({
    host: "127.0.0.1",
    port: server.mysql.port,
    ...account,
    ...options,
  });
  return await new Promise<mysql.QueryError>((resolve) => connection.once("error", resolve));
}

Deno.test("mysql2 reads the rows as they were written, ordered by key", async () => {
  await using server = await serverWith(smallFiles);
  await using client = await connected(server);
  const rows = await client.rows("SELECT * FROM pinterest_data ORDER BY `index`");
  assert.deepEqual(rows.map((row) => row.index), [0, 1, 2]);
  assert.deepEqual({ ...rows[2] }, {
    index: 2,
    unique_id: "u2",
    title: 'Comma, "quote"\nand line 😀',
    description: "",
    poster_name: "Ana",
    follower_count: "124k",
    tag_list: "a,b",
    is_image_or_video: "image",
    image_src: "https://x/2.jpg",
    downloaded: 1,
    save_location: "Local save in /data/art",
    category: "art",
  });
  assert.equal(rows[1]?.description, null);
  assert.equal(rows[1]?.image_src, null);
  assert.equal(rows[0]?.is_image_or_video, null);
});

Deno.test("the course's own query finds the nth row of each table", async () => {
  await using server = await serverWith(smallFiles);
  await using client = await connected(server);
  assert.deepEqual({ ...(await client.rows("SELECT * FROM geolocation_data LIMIT 0, 1"))[0] }, {
    ind: 0,
    timestamp: "2018-03-04 05:06:07",
    latitude: -89.9787,
    longitude: -173.293,
    country: "Albania",
  });
  const [post] = await client.rows("SELECT * FROM pinterest_data LIMIT 1, 1");
  assert.equal(post?.unique_id, "u1");
});

Deno.test("numbers print as MySQL prints them", async () => {
  await using server = await serverWith(smallFiles);
  await using client = await connected(server, { typeCast: (field) => field.string() });
  const sql = "select latitude, longitude from geolocation_data order by ind";
  const expected = [["-89.9787", "-173.293"], ["89", "0.00000015"], [null, null]];
  assert.deepEqual((await client.rows(sql)).map((row) => Object.values(row)), expected);
  const few = await client.rows(`${sql} limit 3`);
  assert.deepEqual(few.map((row) => Object.values(row)), expected);
});

Deno.test("prepared statements give the same rows in the binary protocol", async () => {
  await using server = await serverWith(smallFiles);
  await using client = await connected(server);
  for (
    const sql of ["select * from geolocation_data order by ind", "select * from pinterest_data"]
  ) {
    assert.deepEqual(await client.execute(sql), await client.rows(sql));
  }
  const sql = "select country, ? as word from geolocation_data where ind = ? or ? is null limit 1";
  const [row] = await client.execute(sql, ["O'Neil \\ 😀", 1, 0]);
  assert.deepEqual({ ...row }, { country: "Cote d'Ivoire", word: "O'Neil \\ 😀" });
  assert.deepEqual((await client.execute("select 1 as a where 1 = ?", [2])).length, 0);
});

Deno.test("text compares without regard to case, joins and groups work", async () => {
  await using server = await serverWith(smallFiles);
  await using client = await connected(server);
  const rows = await client.rows(
    "select poster_name, count(*) n, max(country) c from pinterest_data p " +
      "join geolocation_data g on p.`index` = g.ind where poster_name like 'AN%' " +
      "group by poster_name having n > 1",
  );
  assert.deepEqual(rows.map(({ n, c }) => [n, c]), [[2, "Cote d'Ivoire"]]);
});

/** What is refused, and how. */
const refused: [string, number, string, RegExp][] = [
  ["select * from nope", 1146, "42S02", /^Table 'pinterest_data[.]nope' doesn't exist$/],
  ["select * from user_data", 1146, "42S02", /^Table 'pinterest_data[.]user_data' doesn't exist$/],
  ["select nope from pinterest_data", 1054, "42S22", /^Unknown column 'nope' in 'field list'$/],
  ["select 1 from pinterest_data p where p.no = 1", 1054, "42S22", /'p[.]no' in 'where clause'/],
  ["select *\nfrom pinterest_data wher x", 1064, "42000", /near 'x' at line 2$/],
  ["selekt 1", 1064, "42000", /near 'selekt 1' at line 1$/],
  ["select nofunction(1)", 1305, "42000", /^FUNCTION pinterest_data[.]nofunction does not exist/],
  [
    "insert into pinterest_data values (1)",
    1142,
    "42000",
    /^INSERT command denied to user 'admin'/,
  ],
  ["drop table if exists pinterest_data", 1142, "42000", /^DROP command denied/],
  ["create database x", 1290, "HY000", /--read-only/],
  ["use nowhere", 1049, "42000", /^Unknown database 'nowhere'$/],
  ["select @@nothing", 1193, "HY000", /^Unknown system variable 'nothing'$/],
  ["set global max_connections = 1", 1227, "42000", /^Access denied; you need/],
  ["select * from read_csv('/etc/passwd')", 1305, "42000", /does not exist/],
  ["", 1065, "42000", /^Query was empty$/],
  ["select 1; select 2", 1064, "42000", /near 'select 2' at line 1$/],
];

Deno.test("what MySQL refuses is refused with its number, state and words", async (t) => {
  const { "pinterest_data.csv": posts } = smallFiles;
  await using server = await serverWith({ "pinterest_data.csv": posts });
  await using client = await connected(server);
  for (const [sql, errno, sqlState, message] of refused) {
    await t.step(sql, async () => {
      await assert.rejects(client.rows(sql), (error: mysql.QueryError) => {
        assert.match(error.message, message);
        assert.deepEqual([error.errno, error.sqlState], [errno, sqlState]);
        return true;
      });
    });
  }
});

Deno.test("SHOW and DESCRIBE tell of tables, columns and variables", async () => {
  await using server = await serverWith(smallFiles);
  await using client = await connected(server);
  assert.deepEqual(
    (await client.rows("show tables")).map((row) => Object.values(row)),
    [["geolocation_data"], ["pinterest_data"]],
  );
  assert.deepEqual(
    (await client.rows("describe geolocation_data")).map((row) => [row.Field, row.Type]),
    [
      ["ind", "bigint"],
      ["timestamp", "datetime"],
      ["latitude", "double"],
      ["longitude", "double"],
      ["country", "text"],
    ],
  );
  const variables = await client.rows(
    "show variables where variable_name in ('autocommit', 'version') or variable_name like 'char%_server'",
  );
  assert.deepEqual(variables.map((row) => Object.values(row)), [
    ["autocommit", "ON"],
    ["character_set_server", "utf8mb4"],
    ["version", "8.0.40"],
  ]);
  const columns = await client.rows(
    "select column_name c from information_schema.columns where table_name = ? order by ordinal_position",
    ["geolocation_data"],
  );
  assert.equal(columns.map(({ c }) => c).join(), "ind,timestamp,latitude,longitude,country");
});

Deno.test("a wrong login is refused, each with MySQL's words", async (t) => {
  await using server = await serverWith({}, { isLoaded: false });
  const cases: [Options, number, string][] = [
    [{ password: "no" }, 1045, "Access denied for user 'admin'@'127.0.0.1' (using password: YES)"],
    [{ password: "" }, 1045, "Access denied for user 'admin'@'127.0.0.1' (using password: NO)"],
    [{ user: "bob" }, 1045, "Access denied for user 'bob'@'127.0.0.1' (using password: YES)"],
    [{ user: "" }, 1045, "Access denied for user ''@'127.0.0.1' (using password: YES)"],
    [{ database: "other" }, 1049, "Unknown database 'other'"],
  ];
  for (const [options, errno, message] of cases) {
    await t.step(message, async () => {
      const error = await refusal(server, options);
      assert.deepEqual([error.errno, error.message], [errno, message]);
    });
  }
});

Deno.test("over TLS the same rows come, and the password is checked", async () => {
  await using server = await serverWith(smallFiles);
  const ssl = { rejectUnauthorized: false };
  await using client = await connected(server, { ssl });
  const [status] = await client.rows("show status like 'Ssl_cipher'");
  assert.notEqual(status?.Value, "");
  assert.equal((await client.rows("select * from pinterest_data")).length, 3);
  assert.equal((await refusal(server, { ssl, password: "no" })).errno, 1045);
});

Deno.test("several statements in one text are answered one by one, where asked for", async () => {
  await using server = await serverWith(smallFiles);
  await using client = await connected(server, { multipleStatements: true });
  const [first, second, third] = await client.rows("select 1 as a; set @b = 2; select @b as b");
  assert.deepEqual({ ...first?.[0] }, { a: 1 });
  assert.equal(second?.affectedRows, 0);
  assert.deepEqual({ ...third?.[0] }, { b: 2 });
});

Deno.test("ping, reset, change of user and of database work on one connection", async () => {
  await using server = await serverWith(smallFiles);
  await using client = await connected(server, { database: "" });
  await assert.rejects(client.rows("select * from pinterest_data"), /No database selected/);
  await client.promised.ping();
  await client.promised.changeUser({ ...account });
  assert.equal((await client.rows("select database() d"))[0]?.d, account.database);
  await client.rows("set @a = 1");
  await new Promise((resolve) => client.connection.reset(resolve));
  assert.equal((await client.rows("select @a a"))[0]?.a, null);
});

Deno.test("values of every size come whole, up to more than 16 MiB", async () => {
  await using server = await serverWith(smallFiles);
  await using client = await connected(server);
  for (const size of [127, 128, 250, 251, 65_535, 65_536, 16_777_211, 16_777_212, 17_000_000]) {
    const [row] = await client.rows(`select repeat('x', ${size}) as x, 'end' as e`);
    assert.equal(row?.x.length, size);
    assert.equal(row?.e, "end");
  }
  const long = "é😀".repeat(12_000);
  assert.equal((await client.rows("select ? as x", [long]))[0]?.x, long);
  assert.equal((await client.execute("select ? as x", [long]))[0]?.x, long);
});

Deno.test("200,000 rows stream in order, and a client that stops midway harms nobody", async () => {
  const count = 200_000;
  const lines = Array.from({ length: count }, (_, at) => {
    const ind = count - 1 - at;
    return `${ind},Ana ${ind},Ade,${20 + ind % 41},2015-11-01 00:00:00`;
  });
  await using server = await serverWith({
    "user_data.csv": `ind,first_name,last_name,age,date_joined\n${lines.join("\n")}\n`,
  });
  const sql = "SELECT * FROM user_data ORDER BY ind";
  {
    await using quitter = await connected(server);
    const stream = quitter.connection.query(sql).stream();
    for await (const _ of stream) break;
    quitter.connection.destroy();
  }
  await using client = await connected(server);
  let next = 0;
  for await (const row of client.connection.query(sql).stream({ highWaterMark: 1000 })) {
    assert.equal(row.ind, next);
    assert.equal(row.first_name, `Ana ${next}`);
    next++;
  }
  assert.equal(next, count);
});

Deno.test("three tables stream at once over three connections", async () => {
  await using server = await serverWith(smallFiles);
  const read = async (sql: string) => {
    await using client = await connected(server);
    return (await client.rows(sql)).length;
  };
  const counts = await Promise.all([
    read("select * from pinterest_data"),
    read("select * from geolocation_data"),
    read("select * from pinterest_data, geolocation_data"),
  ]);
  assert.deepEqual(counts, [3, 3, 9]);
});

Deno.test("KILL QUERY ends a long query with MySQL's error", async () => {
  await using server = await serverWith(smallFiles);
  await using client = await connected(server);
  await using killer = await connected(server);
  const [{ id } = { id: 0 }] = await client.rows("select connection_id() id");
  const long = client.rows(
    "select count(*) from pinterest_data a, " +
      Array.from({ length: 20 }, (_, at) => `pinterest_data a${at}`).join(", "),
  );
  const ended = assert.rejects(long, (error: mysql.QueryError) => error.errno === 1317);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await killer.rows(`kill query ${id}`);
  await ended;
});

Deno.test("KILL QUERY ends a query that still waits for the tables", async () => {
  await using server = await serverWith(smallFiles, { isLoaded: false });
  await using client = await connected(server);
  await using killer = await connected(server);
  const [{ id } = { id: 0 }] = await client.rows("select connection_id() id");
  const waiting = client.rows("select count(*) from pinterest_data");
  const ended = assert.rejects(waiting, (error: mysql.QueryError) => error.errno === 1317);
  let running: unknown = null;
  while (running === null) {
    const sessions = await killer.rows("show processlist");
    running = sessions.find((session) => session.Id === id)?.Info ?? null;
  }
  await killer.rows(`kill query ${id}`);
  await server.mysql.load(await writeFiles(server.dir, smallFiles));
  await ended;
});
