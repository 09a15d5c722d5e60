import assert from "node:assert/strict";
import { DuckDBInstance } from "@duckdb/node-api";
import { blobChunks } from "../../../../sim/mysql/engine/rows.ts";

/** Each row as text, read in the order that `rowsOf` gives, beside its index. */
async function texts(
  sql: string,
  rowsOf = (count: number) => Array.from({ length: count }, (_, row) => row),
): Promise<string[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    const found: string[] = [];
    let first = 0;
    for await (const chunk of blobChunks(await connection.stream(sql))) {
      for (const row of rowsOf(chunk.count)) {
        const target = new Uint8Array(chunk.sizeOf(row) + 2);
        chunk.copy(row, target, 1);
        assert.equal(target[0], 0);
        assert.equal(target.at(-1), 0);
        found[first + row] = new TextDecoder().decode(target.subarray(1, -1));
      }
      first += chunk.count;
    }
    return found;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** The same text as the query makes, by the rule of its sizes. */
function expected(count: number, sizeOf: (index: number) => number): string[] {
  return Array.from({ length: count }, (_, index) => `${index};`.repeat(sizeOf(index)));
}

Deno.test("rows of every size around what stands in place come out whole", async () => {
  const sql = "SELECT encode(repeat(concat(i, ';'), i % 9)) FROM range(5000) r(i) ORDER BY i";
  assert.deepEqual(await texts(sql), expected(5000, (index) => index % 9));
});

Deno.test("rows that do not lie side by side come out whole, in any order of asking", async () => {
  const sql = "SELECT encode(repeat(concat(i, ';'), 4 + i % 50)) FROM range(6000) r(i) " +
    "WHERE i % 3 <> 1 ORDER BY hash(i) % 7, i";
  const forth = await texts(sql);
  const back = await texts(
    sql,
    (count) => Array.from({ length: count }, (_, row) => count - 1 - row),
  );
  assert.deepEqual(back, forth);
  const wanted = expected(6000, (index) => 4 + index % 50).filter((_, index) => index % 3 !== 1);
  assert.deepEqual(forth.toSorted(), wanted.toSorted());
});

Deno.test("a row longer than what is held at once comes out whole between short ones", async () => {
  const sql = "SELECT encode(repeat(concat(i, ';'), CASE i WHEN 2 THEN 900000 ELSE 20 END)) " +
    "FROM range(4) r(i) ORDER BY i";
  assert.deepEqual(await texts(sql), expected(4, (index) => index === 2 ? 900_000 : 20));
});
