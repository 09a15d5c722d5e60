import assert from "node:assert/strict";
import mysql from "mysql2/promise";
import { account, serverWith, smallFiles } from "../support.ts";

/** Expression, and what the manual's rules for casts make of it. */
const casts: [string, number | null][] = [
  ["CAST('124k' AS UNSIGNED)", 124],
  ["CAST('6M' AS SIGNED)", 6],
  ["CAST(' -7.9 days' AS SIGNED)", -7],
  ["CAST('User Info Error' AS UNSIGNED)", 0],
  ["CAST('' AS SIGNED)", 0],
  ["CAST(NULL AS SIGNED)", null],
  ["CAST(1.6 AS SIGNED)", 2],
  ["CAST(1 = 1 AS SIGNED)", 1],
  ["CONVERT('12 posts', UNSIGNED)", 12],
  ["CAST(x.a AS SIGNED INTEGER)", 124],
];

Deno.test("text is cast to the whole number it begins with", async (t) => {
  await using server = await serverWith(smallFiles);
  const client = await mysql.createConnection({
    ...account,
    host: "127.0.0.1",
    port: server.mysql.port,
  });
  for (const [expression, expected] of casts) {
    await t.step(expression, async () => {
      const sql = `SELECT ${expression} AS n FROM (SELECT '124k' AS a) x`;
      const [rows] = await client.query({ sql, rowsAsArray: true });
      assert.deepEqual(rows, [[expected]]);
    });
  }
  await client.end();
});
