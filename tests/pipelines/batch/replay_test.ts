import assert from "node:assert/strict";
import { readRejects, type ReplayRow } from "../../../pipelines/batch/replay.ts";
import { transform } from "../../../pipelines/batch/transform.ts";
import { UsageError } from "../../../pipelines/errors.ts";
import { openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import { geo, id, MemoryObjects, pin, user } from "./landed_objects.ts";

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What is read from a CSV file with this text. */
function read(text: string | Uint8Array, name = "rejects.csv"): Promise<ReplayRow[]> {
  return inFolder(async (folder) => {
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    await Deno.writeFile(`${folder}/${name}`, bytes);
    return await Array.fromAsync(readRejects(`${folder}/${name}`));
  });
}

/** The message for a file that is refused, without the folder. */
async function refusal(text: string | Uint8Array, name = "rejects.csv"): Promise<string> {
  let message = "";
  await assert.rejects(read(text, name), (error) => {
    message = error instanceof UsageError ? error.message : `not a UsageError: ${error}`;
    return true;
  });
  return message.replaceAll(/\/\S*\/(?=[a-z]+[.][a-z]+)/g, "");
}

const header = "table,reason,topic,partition,offset,bytes\n";
const value = '{"ind":1}';

Deno.test("rejects of a run come back as they landed, from both files", async () => {
  const objects = new MemoryObjects()
    .land("user", 0, 0, [
      pin(1),
      user(2),
      user(2, { age: 1 }),
      '{"ind":',
      geo("x", { country: 'a,\n"b"' }),
    ])
    .reject("user", 0, 5, "no value", null).reject("user", 0, 6, "not JSON", "{");
  await inFolder(async (folder) => {
    {
      await using _ = await transform(objects, { id, outDir: folder });
    }
    const fromCsv = await Array.fromAsync(readRejects(`${folder}/rejects.csv`));
    const fromParquet = await Array.fromAsync(readRejects(`${folder}/rejects.parquet`));
    const expected = [
      [JSON.stringify(pin(1)), null],
      [JSON.stringify(user(2, { age: 1 })), null],
      [null, "is still no JSON object"],
      [JSON.stringify(geo("x", { country: 'a,\n"b"' })), null],
      [null, "has no value: there is nothing to post"],
      [null, "is still no JSON object"],
    ];
    assert.deepEqual(fromCsv.map(({ value, problem }) => [value, problem]), expected);
    assert.deepEqual(fromParquet.map(({ value, problem }) => [value, problem]), expected);
    assert.deepEqual(fromCsv.map(({ table }) => table), Array(6).fill("user"));
    assert.equal(fromCsv[0]?.where, "line 2");
    assert.equal(fromParquet[0]?.where, "row 1");
    assert.equal(fromCsv[4]?.reason, "no value");
  });
});

Deno.test("the file decides the table, not the record and not the topic", async () => {
  const bytes = btoa(JSON.stringify(pin(1)));
  const [row] = await read(`${header}pin,columns of another table: pin,${id}.user,0,6,${bytes}\n`);
  assert.equal(row?.table, "pin");
  assert.equal(row?.value, JSON.stringify(pin(1)));
});

Deno.test("columns may stand in any order, and those that explain may be gone", async () => {
  const expected = [{ where: "line 2", table: "geo", reason: "", value, problem: null }];
  assert.deepEqual(await read(`bytes,table\n${btoa(value)},geo\n`), expected);
  assert.deepEqual(
    await read(`\ufeffbytes,more,table\r\n"${btoa(value)}","a ""b"",\nc",geo`),
    expected,
  );
});

Deno.test("line numbers stay right behind quoted line breaks and empty lines", async () => {
  const text = `${header}user,"two\nlines",t,0,1,${btoa(value)}\n\nuser,x,t,0,2,${btoa(value)}\n`;
  assert.deepEqual((await read(text)).map(({ where }) => where), ["line 2", "line 5"]);
});

Deno.test("records keep every character, wherever the file is cut into chunks", async () => {
  const record = { ind: 1, first_name: "ü🎨\u0000\n".repeat(60_000) };
  const bytes = new TextEncoder().encode(JSON.stringify(record)).toBase64();
  const reason = `"${'ü,""\n'.repeat(50_000)}"`;
  const rows = await read(`${header}user,${reason},t,0,1,${bytes}\nuser,,,,,${btoa(value)}\n`);
  assert.deepEqual(JSON.parse(rows[0]?.value ?? ""), record);
  assert.equal(rows[0]?.reason, 'ü,"\n'.repeat(50_000));
  assert.equal(rows[1]?.where, "line 50003");
});

Deno.test("a malformed file is refused before anything is posted, with the line", async () => {
  const good = `user,x,t,0,1,${btoa(value)}\n`;
  const cases: [string, string][] = [
    ["", "rejects.csv is empty: not even a header"],
    ["a,b\n", "rejects.csv, line 1: no column table, bytes in the header 'a,b'"],
    [
      "table,bytes,table\n",
      "rejects.csv, line 1: a column is there twice in the header 'table,bytes,table'",
    ],
    [
      `${header}${good}users,x,t,0,1,\n`,
      "rejects.csv, line 3: table is 'users': must be pin, geo, user",
    ],
    [`${header}${good}user,x,t,0,1,???\n`, "rejects.csv, line 3: bytes are not base64"],
    [`${header}${good}user,x,t,0,1\n`, "rejects.csv, line 3: 5 cells, but the header has 6"],
    [
      `${header}${good}user,"x,t,0,1\n`,
      "rejects.csv, line 3: a quote is not closed, or text follows it",
    ],
    [
      `${header}user,"x"y,t,0,1,\n`,
      "rejects.csv, line 2: a quote is not closed, or text follows it",
    ],
    [
      `${header}user,x"y,t,0,1,\n`,
      "rejects.csv, line 2: a quote or a lone carriage return stands in a cell without quotes",
    ],
    [
      `${header}users,,,,,\n${good}pin,,,,,?\n`,
      "rejects.csv, line 2: table is 'users': must be pin, geo, user\n" +
      "rejects.csv, line 4: bytes are not base64",
    ],
  ];
  for (const [text, message] of cases) assert.equal(await refusal(text), message);
});

Deno.test("of very many problems the first are told, and how many there are", async () => {
  const message = await refusal(header + "nobody,,,,,\n".repeat(50));
  assert.equal(message.split("\n").length, 21);
  assert.match(message, /… and 30 more$/);
});

Deno.test("what is no text, no Parquet or not there is refused by name", async () => {
  assert.match(await refusal(Uint8Array.of(0x74, 0xff, 0x0a)), /line 1: not UTF-8 text/);
  assert.match(await refusal("no parquet", "rejects.parquet"), /^Cannot read .*rejects[.]parquet/);
  assert.match(await refusal("x", "rejects.txt"), /must be a .csv or .parquet file/);
  await assert.rejects(Array.fromAsync(readRejects("/nowhere/rejects.csv")), UsageError);
});

Deno.test("a Parquet file with other columns is refused", () =>
  inFolder(async (folder) => {
    await using db = await openDuckDb();
    const path = `${folder}/other.parquet`;
    await db.run(`copy (select 1 as bytes, 'pin' as "table") to '${path}' (format parquet)`);
    await assert.rejects(
      Array.fromAsync(readRejects(path)),
      (error) =>
        error instanceof UsageError && error.message === `${path} has no column bytes of text`,
    );
  }));
