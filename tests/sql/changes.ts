/** Changes of models in a copy of `sql/`, as people make them. */
import assert from "node:assert/strict";

export type Change = readonly [from: string, to: string];

/** Puts one thing in the place of another, which must be there. */
export async function change(file: string, ...changes: readonly Change[]): Promise<void> {
  let text = await Deno.readTextFile(file);
  for (const [from, to] of changes) {
    assert.ok(text.includes(from), `${file} has no ${from}`);
    text = text.replace(from, to);
  }
  await Deno.writeTextFile(file, text);
}

/** `sql/clean/pin.sql` makes a column more: `downloaded`, which is posted, and was not used. */
export const downloadedColumn: readonly Change[] = [
  [
    "\n--          save_location string, category string\n-- units",
    "\n--          save_location string, category string, downloaded string\n-- units",
  ],
  [
    "from category) as category\n",
    "from category) as category,\n        trim(both concat(' ', chr(9), chr(10), chr(13), chr(160)) from downloaded) as downloaded\n",
  ],
  [
    "nullif(category, '') as category\n",
    "nullif(category, '') as category,\n        nullif(downloaded, '') as downloaded\n",
  ],
  ["    category\nfrom parsed", "    category,\n    downloaded\nfrom parsed"],
];
