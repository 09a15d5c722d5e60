import assert from "node:assert/strict";
import fc from "fast-check";
import { significant, type Token, tokenize } from "../../../sql/dialect/tokens.ts";

const kinds = (text: string) =>
  significant(tokenize(text)).map(({ kind, text }: Token) => `${kind} ${text}`);

Deno.test("tokenize keeps strings, names, numbers and symbols whole", () => {
  assert.deepEqual(kinds("select `a b`, 'it''s', \"x\", 1.5e-3 from t.u where a<=>:id"), [
    "word select",
    "backticked `a b`",
    "symbol ,",
    "string 'it''s'",
    "symbol ,",
    'double-quoted "x"',
    "symbol ,",
    "number 1.5e-3",
    "word from",
    "word t",
    "symbol .",
    "word u",
    "word where",
    "word a",
    "symbol <=>",
    "parameter :id",
  ]);
});

Deno.test("tokenize takes a number with letters as one token, and a double colon as a symbol", () => {
  assert.deepEqual(kinds("1L 0x10 1_000 .5 2. x::int"), [
    "number 1L",
    "number 0x10",
    "number 1_000",
    "number .5",
    "number 2.",
    "word x",
    "symbol ::",
    "word int",
  ]);
});

Deno.test("tokenize nests block comments and ends line comments at the line", () => {
  assert.deepEqual(kinds("a /* b /* c */ 'd */ e -- f 'g\nh"), ["word a", "word e", "word h"]);
});

Deno.test("tokenize calls bad what is never closed, to the end of the text", () => {
  assert.deepEqual(kinds("a 'b\nc"), ["word a", "bad 'b\nc"]);
  assert.deepEqual(kinds("a `b"), ["word a", "bad `b"]);
  assert.deepEqual(kinds("a /* /* */ b"), ["word a", "bad /* /* */ b"]);
});

Deno.test("tokenize counts lines and columns from 1, across strings and comments of many lines", () => {
  const places = significant(tokenize("a\n  'b\nc' d /* \n\n */ e")).map(({ text, line, column }) =>
    `${text.slice(-1)} ${line}:${column}`
  );
  assert.deepEqual(places, ["a 1:1", "' 2:3", "d 3:4", "e 5:5"]);
});

Deno.test("tokens joined again are the text, whatever it is", () => {
  const pieces = fc.constantFrom(
    ..."'\"`-/*\\ \n.:;()aé👍1e<=>$[]".split(/(?:)/u),
    "--",
    "/*",
    "''",
  );
  fc.assert(
    fc.property(fc.array(pieces), (list) => {
      const text = list.join("");
      assert.equal(tokenize(text).map((token) => token.text).join(""), text);
    }),
    { seed: 7 },
  );
});
