import assert from "node:assert/strict";
import fc from "fast-check";
import { jsonLine } from "../../../pipelines/record/json_line.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const lineOf = (text: string) => {
  const line = jsonLine(encode(text));
  return "bytes" in line ? new TextDecoder().decode(line.bytes) : line.reason;
};

Deno.test("A line keeps field order, number spelling, escapes and repeated names", () => {
  for (
    const text of [
      '{"b":1.0,"a":5.0E-5,"c":12345678901234567890}',
      '{"a":"caf\\u00e9 \\/ \\"x\\" \\\\","a":2}',
      '{"emoji":"👩‍🔬","nested":{"x":[1,2,{}]}}',
      "[1,2]",
      '"text"',
      "null",
    ]
  ) assert.equal(lineOf(text), text);
});

Deno.test("Only white space between tokens is removed", () => {
  assert.equal(
    lineOf(' {\r\n\t"a b" : [ 1 , "x \\" y\\\\" , { } ] ,\n "c":\t" \\t " }\n'),
    '{"a b":[1,"x \\" y\\\\",{}],"c":" \\t "}',
  );
});

Deno.test("A line says the same as its record, without a line break, for any JSON and spacing", () => {
  fc.assert(
    fc.property(
      fc.json({ stringUnit: "grapheme" }),
      fc.integer({ min: 0, max: 3 }),
      (json, indent) => {
        const value: unknown = JSON.parse(json);
        const line = lineOf(JSON.stringify(value, null, indent));
        assert.equal(line, JSON.stringify(value));
        assert.ok(!line.includes("\n"));
      },
    ),
    { seed: 5, numRuns: 500 },
  );
});

Deno.test("What is no JSON, no UTF-8 or no value is told apart", () => {
  assert.deepEqual(jsonLine(null), { reason: "no value" });
  for (const text of ["", " ", "{", "{'a':1}", "{}{}", "{} x", "NaN", '\ufeff{"a":1}', '"a\nb"']) {
    assert.deepEqual(jsonLine(encode(text)), { reason: "not JSON" }, text);
  }
  for (const bytes of [[0xff], [0x22, 0xc3, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22]]) {
    assert.deepEqual(jsonLine(Uint8Array.from(bytes)), { reason: "not UTF-8" });
  }
});
