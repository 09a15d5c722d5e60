import assert from "node:assert/strict";
import { SourceFileError } from "../../../../sim/mysql/mod.ts";
import { serverWith, smallFiles, tempFolder, writeFiles } from "../support.ts";

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
    /In row 1: .*'x'/,
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
