import assert from "node:assert/strict";
import { filterRows, likePattern } from "../../../../sim/mysql/admin/filter.ts";
import { tokenize } from "../../../../sim/mysql/sql/tokens.ts";

Deno.test("a pattern of LIKE takes % for any text, _ for one character, a backslash for itself", () => {
  assert.ok(likePattern("char%_server").test("CHARACTER_SET_SERVER"));
  assert.ok(likePattern("a_c").test("a.c"));
  assert.ok(!likePattern("a_c").test("ac"));
  assert.ok(!likePattern("a\\_c").test("abc"));
  assert.ok(likePattern("a\\_c").test("a_c"));
  assert.ok(!likePattern("a.c").test("abc"));
});

Deno.test("a WHERE of SHOW knows AND before OR, IN, NOT LIKE and <>", () => {
  const rows = [["a", "1"], ["b", "2"], ["c", "3"]];
  const kept = (sql: string) =>
    filterRows(sql, tokenize(sql), 0, ["Name", "Value"], rows).map(([name]) => name).join("");
  assert.equal(kept("where name = 'a' or name = 'b' and value = '3'"), "a");
  assert.equal(kept("where name in ('a', 'C') "), "ac");
  assert.equal(kept("where name not like 'a%' and value <> '2'"), "c");
  assert.equal(kept("like 'B'"), "b");
  assert.throws(() => kept("where nothing = 1"), /syntax/);
});
