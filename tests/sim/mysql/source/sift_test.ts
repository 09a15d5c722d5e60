/** Rows that cannot be read are put aside with their place and their bytes; the others are loaded. */
import assert from "node:assert/strict";
import { SourceFileError } from "../../../../sim/mysql/mod.ts";
import { rowsOf, serverWith } from "../support.ts";

interface Left {
  table: string;
  reason: string;
  bytes: string;
}

async function sifted(name: string, content: string | Uint8Array) {
  await using server = await serverWith({}, { isLoaded: false });
  const path = `${server.dir}/${name}`;
  await Deno.writeFile(
    path,
    typeof content === "string" ? new TextEncoder().encode(content) : content,
  );
  const files = { geolocation_data: path };
  await assert.rejects(server.mysql.load(files), SourceFileError, "the rule without the flag");
  const { unreadable, rowCounts } = await server.mysql.load(files, { badCells: "reject" });
  const text = await Deno.readTextFile(unreadable?.path ?? "");
  const left = text.trimEnd().split("\n").map((line): Left => JSON.parse(line));
  assert.deepEqual(unreadable?.rowCounts, { geolocation_data: left.length });
  const rows = await rowsOf(server, "select ind, country from geolocation_data");
  assert.equal(rowCounts.geolocation_data, rows.length);
  return {
    rows,
    left: left.map(({ table, reason, bytes }) => {
      assert.equal(table, "geolocation_data");
      return [reason, new TextDecoder("latin1").decode(Uint8Array.fromBase64(bytes))];
    }),
  };
}

const header = "ind,timestamp,latitude,longitude,country";

Deno.test("each kind of CSV row that cannot be read is put aside, and the rest is loaded", async () => {
  const { rows, left } = await sifted(
    "geolocation_data.csv",
    [
      header,
      '2,,1,2,"two\nlines"',
      "x,,1,2,A",
      "3,,1,2",
      '4,"soon\nor later",1,2,A',
      "",
      '5,,1,2,"A"B',
      "6,2019-02-29 00:00:00,1,2,A",
      ",,1,2,A",
      "1,,1,2,one",
      '7,,1,2,"open',
      "8,,1,2,A",
    ].join("\n"),
  );
  assert.deepEqual(rows, [[1, "one"], [2, "two\nlines"]]);
  const [file, time] = [
    "unreadable: geolocation_data.csv",
    "a time in UTC like 2020-08-28 03:52:47",
  ];
  assert.deepEqual(left, [
    [`${file}, line 4, column 'ind': Expected a whole number, found 'x'`, "x,,1,2,A"],
    [
      `${file}, line 5: Expected 5 values, found 4; a value with a separator or a line break in ` +
      "it must stand in double quotes",
      "3,,1,2",
    ],
    [
      `${file}, line 6, column 'timestamp': Expected ${time}, found 'soon\nor later'`,
      '4,"soon\nor later",1,2,A',
    ],
    [
      `${file}, line 9: Expected a separator or a line break after a closing quote, found 'B'`,
      '5,,1,2,"A"B',
    ],
    [
      `${file}, line 10, column 'timestamp': Expected ${time}, found '2019-02-29 00:00:00'`,
      "6,2019-02-29 00:00:00,1,2,A",
    ],
    [`${file}, line 11, column 'ind': Expected a whole number, found nothing`, ",,1,2,A"],
    [
      `${file}, line 13: The record that begins here has an open quote`,
      '7,,1,2,"open\n8,,1,2,A',
    ],
  ]);
});

Deno.test("bytes that are no UTF-8 are kept as they are", async () => {
  const text = `${header}\r\n0,,1,2,Peru\r\n1,,1,2,Per\xfa\r\n`;
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const { rows, left } = await sifted("geolocation_data.csv", bytes);
  assert.deepEqual(rows, [[0, "Peru"]]);
  assert.deepEqual(left, [
    [
      "unreadable: geolocation_data.csv, line 3: Expected UTF-8, found other bytes",
      "1,,1,2,Per\xfa",
    ],
  ]);
});

const geo = (ind: unknown, country: string) =>
  JSON.stringify({ ind, timestamp: null, latitude: 1, longitude: 2, country });

Deno.test("lines of JSON are put aside as they stand", async () => {
  const { rows, left } = await sifted(
    "geolocation_data.jsonl",
    [geo(1, "A"), '{"ind":2', geo("three", "C"), "[4]", "", geo(0, "B")].join("\n"),
  );
  assert.deepEqual(rows, [[0, "B"], [1, "A"]]);
  const file = "unreadable: geolocation_data.jsonl";
  assert.deepEqual(left, [
    [`${file}, line 2: Expected a JSON object, found '{"ind":2'`, '{"ind":2'],
    [
      `${file}, line 3, column 'ind': Expected a whole number, found 'three'`,
      geo("three", "C"),
    ],
    [`${file}, line 4: Expected a JSON object, found '[4]'`, "[4]"],
  ]);
});

Deno.test("a row of a JSON array is told by its number", async () => {
  const { rows, left } = await sifted(
    "geolocation_data.json",
    `[${geo(1, "A")},\n${geo("two", "B")}]`,
  );
  assert.deepEqual(rows, [[1, "A"]]);
  const [reason, bytes = ""] = left[0] ?? [];
  assert.equal(
    reason,
    "unreadable: geolocation_data.json, row 2, column 'ind': Expected a whole number, found 'two'",
  );
  assert.deepEqual(Object.values(JSON.parse(bytes)), ["two", null, "1", "2", "B"]);
});

Deno.test("what cannot be told apart into rows ends the load all the same", async () => {
  await using server = await serverWith({}, { isLoaded: false });
  for (
    const [name, text] of [["a.json", `[${geo(1, "A")},{"ind":2`], ["b.csv", "ind,mood\n1,2\n"]]
  ) {
    const path = `${server.dir}/${name}`;
    await Deno.writeTextFile(path, text!);
    const load = server.mysql.load({ geolocation_data: path }, { badCells: "reject" });
    await assert.rejects(load, SourceFileError);
  }
});

Deno.test("a load without unreadable rows leaves no file of them, nor copies", async () => {
  await using server = await serverWith({}, { isLoaded: false });
  const path = `${server.dir}/a.csv`;
  await Deno.writeTextFile(path, `${header}\nx,,,,\n`);
  const options = { badCells: "reject" } as const;
  const first = await server.mysql.load({ geolocation_data: path }, options);
  assert.ok(await Deno.stat(first.unreadable?.path ?? ""));
  await Deno.writeTextFile(path, `\ufeff${header}\n1,,,,\n`);
  const second = await server.mysql.load({ geolocation_data: path }, options);
  assert.deepEqual(second, { notes: [], rowCounts: { geolocation_data: 1 }, unreadable: null });
  const names = await Array.fromAsync(Deno.readDir(server.dir), ({ name }) => name);
  assert.deepEqual(names.toSorted(), ["a.csv", "source.duckdb"]);
});
