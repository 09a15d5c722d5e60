import assert from "node:assert/strict";
import fc from "fast-check";
import { JsonError } from "../../../../sim/gateway/vtl/errors.ts";
import { JsonDocument } from "../../../../sim/gateway/vtl/json_document.ts";
import { jsonText } from "../../../../sim/gateway/vtl/values.ts";

const rewritten = (text: string) => jsonText(new JsonDocument(text).root);

Deno.test("Any JSON comes out with the same meaning, however it was spaced", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom("", " ", "\n", "\t"), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      assert.deepEqual(JSON.parse(rewritten(text)), JSON.parse(text));
    }),
  );
});

Deno.test("Numbers keep their spelling and compact objects their text", () => {
  const text = '{"a":1.50,"b":12345678901234567890,"c":1e3,"d":-0.0,"e":{"f":[1,2,{}]}}';
  assert.equal(rewritten(text), text);
  assert.equal(
    rewritten(` {"a" : 1.50, "b":[ 12345678901234567890,1E+3 ] }\n`),
    '{"a":1.50,"b":[12345678901234567890,1E+3]}',
  );
});

Deno.test("Escapes become characters where JSON does not need them", () => {
  assert.equal(
    rewritten(String.raw`["\u00e9\/","\"\\\n\u0001"]`),
    String.raw`["é/","\"\\\n\u0001"]`,
  );
});

Deno.test("Strings end at their own quote, whatever stands before it", () => {
  const text = String.raw`{"a\"":"\\","b\\":"\\\"","c":"}]"}`;
  assert.equal(rewritten(text), text);
  const { root } = new JsonDocument(text);
  assert.equal(rewritten(`[${text}]`), `[${text}]`);
  assert.deepEqual(JSON.parse(jsonText(root)), { 'a"': "\\", "b\\": '\\"', c: "}]" });
});

Deno.test("What is no JSON is refused, as the built-in parser does", () => {
  const wrong = [
    ...[
      "",
      " ",
      "{",
      "[",
      '"',
      "{]",
      "[}",
      "[1,]",
      '{"a":1,}',
      "{a:1}",
      "{'a':1}",
      "01",
      "1.",
      ".5",
    ],
    ...["+1", "NaN", "nul", "truex", "[1 2]", '{"a"}', '{"a":}', '"\n"', '"\\x"', '"\\u12"', "1 1"],
  ];
  for (const text of wrong) {
    assert.throws(() => JSON.parse(text), SyntaxError, text);
    assert.throws(() => new JsonDocument(text), JsonError, text);
  }
});

Deno.test("A text cut anywhere, or with any one character changed, is judged as the built-in parser judges", () => {
  const text = '{"a":[1.5,-2,"x\\ny"],"b":{"c":null,"d":true}}';
  const isJson = (parse: (text: string) => unknown, one: string) => {
    try {
      parse(one);
      return true;
    } catch {
      return false;
    }
  };
  for (let at = 0; at < text.length; at++) {
    for (
      const one of [
        text.slice(0, at),
        ...'"\\{}[],:x0'.split("").map((sign) => text.slice(0, at) + sign + text.slice(at + 1)),
      ]
    ) {
      assert.equal(isJson((value) => new JsonDocument(value), one), isJson(JSON.parse, one), one);
    }
  }
});

Deno.test("Nesting without end is refused and does not end the process", () => {
  assert.throws(() => new JsonDocument("[".repeat(100_000)), /levels deep/);
  assert.equal(rewritten("[".repeat(1000) + "]".repeat(1000)).length, 2000);
});
