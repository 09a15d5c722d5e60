import assert from "node:assert/strict";
import { page } from "../../../sim/identity/pages.ts";

const letters = ["d", "b", "a", "c"];
const keyOf = (letter: string) => letter;

Deno.test("a page is sorted, and the next one begins behind it, whatever went meanwhile", () => {
  const first = page(letters, keyOf, { MaxItems: 2 });
  assert.deepEqual([first.items, first.rest.IsTruncated], [["a", "b"], true]);
  const Marker = String(first.rest.Marker);
  const next = page(["a", "d", "bb"], keyOf, { MaxItems: 2, Marker });
  assert.deepEqual([next.items, next.rest], [["bb", "d"], { IsTruncated: false }]);
});

Deno.test("the last page has no marker, and a list without anything is one page", () => {
  assert.deepEqual(page(letters, keyOf, { MaxItems: 4 }).rest, { IsTruncated: false });
  assert.deepEqual(page([], keyOf, {}), { items: [], rest: { IsTruncated: false } });
});
