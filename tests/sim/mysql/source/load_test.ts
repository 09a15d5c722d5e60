import assert from "node:assert/strict";
import { SourceFileError } from "../../../../sim/mysql/mod.ts";
import { rowsOf, serverWith, smallFiles, tempFolder, writeFiles } from "../support.ts";

const geo = "ind,timestamp,latitude,longitude,country\n";
const row = "0,2018-03-04 05:06:07,1,2,Albania\n";

/** A file that is wrong: name, contents, line, column, and what the message says of it. */
const broken: [string, string, number | undefined, string | undefined, RegExp][] = [
  [
    "geolocation_data.csv",
    `${geo}${row}x,2018-03-04 05:06:07,1,2,A\n`,
    3,
    "ind",
    /whole number.*'x'/,
  ],
  ["geolocation_data.csv", `${geo}${row},2018-03-04 05:06:07,1,2,A\n`, 3, "ind", /found nothing/],
  ["geolocation_data.csv", `${geo}1.5,,1,2,A\n`, 2, "ind", /whole number.*'1[.]5'/],
  ["geolocation_data.csv", `${geo}1,2019-02-29 00:00:00,1,2,A\n`, 2, "timestamp", /time in UTC/],
  ["geolocation_data.csv", `${geo}1,,north,2,A\n`, 2, "latitude", /a number, found 'north'/],
  [
    "geolocation_data.csv",
    `${geo}0,,1,2,"A\nB"\n1,,1,2\n`,
    4,
    undefined,
    /Expected 5 values, found 4/,
  ],
  ["geolocation_data.csv", `${geo}0,,1,2,A,B\n`, 2, undefined, /Expected 5 values, found 6/],
  ["geolocation_data.csv", `${geo}${row}1,,1,2,"A\n`, 3, undefined, /open quote/],
  ["geolocation_data.csv", `${geo}${row}1,,1,2,"A"B\n`, 3, undefined, /after a closing quote/],
  [
    "geolocation_data.csv",
    "ind,latitude\n1,2\n",
    1,
    undefined,
    /missing: 'timestamp', 'longitude'/,
  ],
  [
    "geolocation_data.csv",
    `${geo}${row}1,,1,2,A\r\n2,,1,2,A\n`,
    undefined,
    undefined,
    /LF and CRLF/,
  ],
  ["geolocation_data.csv", "", undefined, undefined, /empty file/],
  ["geolocation_data.txt", row, undefined, undefined, /ends in [.]csv/],
  ["geolocation_data.jsonl", '{"ind":1\n', 1, undefined, /JSON object/],
  ["geolocation_data.jsonl", '{"ind":1}\n', undefined, undefined, /missing: 'timestamp'/],
  [
    "geolocation_data.jsonl",
    '{"ind":1,"timestamp":null,"latitude":1,"longitude":2,"country":"A"}\n' +
    '{"ind":"b","timestamp":null,"latitude":1,"longitude":2,"country":"A"}\n',
    2,
    "ind",
    /whole number.*'b'/,
  ],
  [
    "geolocation_data.json",
    '[{"ind":1,"timestamp":"x","latitude":1,"longitude":2,"country":"A"}]',
    undefined,
    "timestamp",
    /row 1, column 'timestamp': .*'x'/,
  ],
];

Deno.test("each broken file is told by file, line, column and what was expected", async (t) => {
  for (const [name, text, line, column, message] of broken) {
    await t.step(`${name}: ${message.source}`, async () => {
      await using server = await serverWith({}, { isLoaded: false });
      const files = await writeFiles(server.dir, { [name]: text });
      await assert.rejects(server.mysql.load(files), (error) => {
        assert.ok(error instanceof SourceFileError);
        assert.match(error.message, message);
        assert.deepEqual([error.line, error.column], [line, column]);
        assert.ok(error.file.endsWith(name));
        return true;
      });
    });
  }
});

Deno.test("a file that is not there is told by name", async () => {
  await using server = await serverWith({}, { isLoaded: false });
  await assert.rejects(
    server.mysql.load({ user_data: `${server.dir}/nothing.csv` }),
    (error) => error instanceof SourceFileError && /found nothing of that name/.test(error.message),
  );
});

Deno.test("bytes that are no UTF-8 are told by their line", async () => {
  await using server = await serverWith({}, { isLoaded: false });
  const path = `${server.dir}/geolocation_data.csv`;
  const text = new TextEncoder().encode(`${geo}${row}1,,1,2,`);
  await Deno.writeFile(path, Uint8Array.from([...text, 0xff, 0x0a]));
  await assert.rejects(
    server.mysql.load({ geolocation_data: path }),
    (error) => error instanceof SourceFileError && error.line === 3,
  );
});

Deno.test("a path with brackets and stars is a path, not a pattern", async () => {
  await using folder = tempFolder();
  await using server = await serverWith({}, { isLoaded: false });
  const dir = `${folder.path}/a[1]*`;
  await Deno.mkdir(dir);
  await server.mysql.load(await writeFiles(dir, smallFiles));
});

Deno.test("CSV, JSON Lines and Parquet with the same contents give the same rows", async () => {
  const samples = new URL("../../../../fixtures/samples/edges/", import.meta.url).pathname;
  const read = async (type: string) => {
    await using server = await serverWith({}, { isLoaded: false });
    const named = (table: string) => `${samples}${type}/${table}.${type}`;
    await server.mysql.load({
      pinterest_data: named("pinterest_data"),
      geolocation_data: named("geolocation_data"),
      user_data: named("user_data"),
    });
    const tables = [];
    for (const table of ["pinterest_data", "geolocation_data", "user_data"]) {
      tables.push(await rowsOf(server, `select * from ${table}`));
    }
    return tables;
  };
  const fromCsv = await read("csv");
  assert.ok((fromCsv[0]?.length ?? 0) > 50);
  assert.deepEqual(await read("jsonl"), fromCsv);
  assert.deepEqual(await read("parquet"), fromCsv);
});

Deno.test("rows come by key, those of one key in the order of the file; NULL and empty differ", async () => {
  await using server = await serverWith({
    "user_data.csv": "extra,date_joined,age,last_name,first_name,ind\r\n" +
      'x,2015-11-01 00:00:00.6,23.0,NULL,"NULL",2\r\n' +
      "x,,,second,,1\r\n" +
      'x,,,third,"",1\r\n' +
      "x,,,\\N,first,0\r\n",
  });
  assert.deepEqual(await rowsOf(server, "select * from user_data"), [
    [0, "first", null, null, null],
    [1, null, "second", null, null],
    [1, "", "third", null, null],
    [2, "NULL", null, 23, "2015-11-01 00:00:01"],
  ]);
});

Deno.test("a JSON array is read as JSON Lines are", async () => {
  await using server = await serverWith({
    "geolocation_data.json":
      '[{"country":"A","ind":1,"timestamp":"2018-03-04T05:06:07Z","latitude":-0.5,' +
      '"longitude":2,"more":{"a":1}},\n{"ind":0,"country":null}]',
  });
  assert.deepEqual(await rowsOf(server, "select * from geolocation_data"), [
    [0, null, null, null, null],
    [1, "2018-03-04 05:06:07", -0.5, 2, "A"],
  ]);
});

Deno.test("a second load replaces the tables it names, and leaves the others", async () => {
  await using server = await serverWith(smallFiles);
  const next = { "geolocation_data.csv": "ind,timestamp,latitude,longitude,country\n7,,,,Peru\n" };
  await server.mysql.load(await writeFiles(server.dir, next));
  assert.deepEqual(await rowsOf(server, "select ind, country from geolocation_data"), [[
    7,
    "Peru",
  ]]);
  assert.deepEqual(await rowsOf(server, "select count(*) from pinterest_data"), [[3]]);
});
