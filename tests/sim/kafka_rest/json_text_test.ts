import assert from "node:assert/strict";
import fc from "fast-check";
import { JsonScanner, JsonSyntaxError } from "../../../sim/kafka_rest/json_text.ts";

const encoder = new TextEncoder();
const compact = (text: string) =>
  new TextDecoder().decode(new JsonScanner(encoder.encode(text)).value());

/** Given, expected. */
const values: [string, string][] = [
  ["12.0", "12.0"],
  ["-0.10e+5", "-0.10e+5"],
  ["123456789012345678901234567890", "123456789012345678901234567890"],
  ['{ "b" : 1 ,\n\t"a" : [ 1 , 2 ] }', '{"b":1,"a":[1,2]}'],
  ["[ ]", "[]"],
  ["{ }", "{}"],
  ["[ true , false , null ]", "[true,false,null]"],
  ['" spaces  stay "', '" spaces  stay "'],
  ['"a\\/b"', '"a/b"'],
  ['"\\u00e9\\u4e2d"', '"é中"'],
  ['"\\ud83d\\ude00!"', '"😀!"'],
  ['"😀é"', '"😀é"'],
  ['"\\"\\\\\\b\\f\\n\\r\\t"', '"\\"\\\\\\b\\f\\n\\r\\t"'],
  ['"\\u0022\\u005c\\u000a\\u001f\\u007f"', '"\\"\\\\\\n\\u001F\u007f"'],
  ['"\\ud83d"', '"\\uD83D"'],
  ['"\\ude00\\ud83dx"', '"\\uDE00\\uD83Dx"'],
  ['"\\ud83d\\u0041"', '"\\uD83DA"'],
  ['{"\\u0061": 1}', '{"a":1}'],
  ['{"a":1,"a":2}', '{"a":1,"a":2}'],
];

for (const [given, expected] of values) {
  Deno.test(`${JSON.stringify(given)} is written ${expected}`, () => {
    assert.equal(compact(given), expected);
  });
}

/** No JSON, and a part of Jackson's words. */
const broken: [string, string][] = [
  ["", "Unexpected end-of-input"],
  ["{", "Unexpected end-of-input"],
  ["[1,", "Unexpected end-of-input"],
  ['"abc', "Unexpected end-of-input: was expecting closing quote for a string value"],
  ["{a:1}", "Unexpected character ('a' (code 97)): was expecting double-quote to start field name"],
  ['{"a" 1}', "was expecting a colon to separate field name and value"],
  ['{"a":1 "b":2}', "was expecting comma to separate Object entries"],
  ["[1 2]", "was expecting comma to separate Array entries"],
  ["[1,]", "Unexpected character (']' (code 93)): was expecting a valid value"],
  ['{"a":1,}', "was expecting double-quote to start field name"],
  ["nul", "Unrecognized token 'nul'"],
  ["NaN", "Unrecognized token 'NaN'"],
  ["trueish", "Unrecognized token 'trueish'"],
  ["'a'", "Unexpected character (''' (code 39))"],
  ["01", "Invalid numeric value: Leading zeroes not allowed"],
  ["-", "Unexpected end-of-input within a number"],
  ["-a", "Expected a digit (0-9) to follow '-'"],
  ["1.", "Unexpected end-of-input within a number"],
  ["1.e5", "Decimal point not followed by a digit"],
  ["[1e+]", "Exponent indicator not followed by a digit"],
  ['"a\nb"', "Illegal unquoted character ((CTRL-CHAR, code 10))"],
  ['"\\x"', "Unrecognized character escape 'x' (code 120)"],
  ['"\\u12g4"', "expected a hex-digit"],
  ['"\\u12', "expected a hex-digit"],
  ['"\\', "Unexpected end-of-input in character escape sequence"],
  ["[".repeat(1001), "Document nesting depth (1001) exceeds the maximum allowed (1000"],
];

for (const [given, words] of broken) {
  Deno.test(`${JSON.stringify(given.slice(0, 20))} is refused: ${words}`, () => {
    assert.throws(
      () => compact(given),
      (error) => error instanceof JsonSyntaxError && error.message.includes(words),
    );
  });
}

Deno.test("Any JSON, however indented, comes out as JSON.stringify writes it", () => {
  // Property names that JavaScript orders by itself (numbers) would come out in another order.
  const value = fc.jsonValue({ stringUnit: "grapheme" });
  fc.assert(fc.property(value, fc.constantFrom(undefined, 1, "\t", 7), (any, indent) => {
    const given = JSON.stringify(any, null, indent);
    assert.equal(compact(given), JSON.stringify(any));
  }));
});

Deno.test("What JSON.parse refuses is refused, and the rest means the same", () => {
  const piece = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "a",
    "1",
    ".",
    "-",
    "e",
    " ",
    "\\",
    "u0041",
    "true",
    "null",
    "0",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join("")), (text) => {
      let expected: unknown;
      try {
        expected = JSON.parse(text);
      } catch {
        // A value may be followed by anything: Jackson reads one and stops.
        const scanner = new JsonScanner(encoder.encode(text));
        assert.throws(() => {
          scanner.value();
          if (scanner.peek() >= 0) throw new JsonSyntaxError("More follows");
        }, JsonSyntaxError);
        return;
      }
      assert.deepEqual(JSON.parse(compact(text)), expected);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("A compact value is a window on the input, not a copy", () => {
  const bytes = encoder.encode('  {"a":[1,"b"]} ');
  const value = new JsonScanner(bytes).value();
  assert.equal(value.buffer, bytes.buffer);
  assert.equal(value.byteOffset, 2);
});
