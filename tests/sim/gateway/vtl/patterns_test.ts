import assert from "node:assert/strict";
import { javaPattern, javaReplacement, javaSplit } from "../../../../sim/gateway/vtl/patterns.ts";

Deno.test("A text is split as Java splits it: empty ones at the end go", () => {
  // Source: Java SE 8, String.split, the table in its documentation.
  const text = "boo:and:foo";
  assert.deepEqual(javaSplit(text, ":", 2), ["boo", "and:foo"]);
  assert.deepEqual(javaSplit(text, ":", 5), ["boo", "and", "foo"]);
  assert.deepEqual(javaSplit(text, ":", -2), ["boo", "and", "foo"]);
  assert.deepEqual(javaSplit(text, "o", 5), ["b", "", ":and:f", "", ""]);
  assert.deepEqual(javaSplit(text, "o", -2), ["b", "", ":and:f", "", ""]);
  assert.deepEqual(javaSplit(text, "o", 0), ["b", "", ":and:f"]);
  assert.deepEqual(javaSplit("", ",", 0), [""]);
  assert.deepEqual(javaSplit(",", ",", 0), []);
});

Deno.test("A replacement takes groups by $ and characters by a backslash", () => {
  const replaced = (pattern: string, replacement: string) =>
    "a1b22".replace(javaPattern(pattern, "all"), javaReplacement(replacement));
  assert.equal(replaced("([0-9])", "<$1$1>"), "a<11>b<22><22>");
  assert.equal(replaced("[0-9]+", "$0$0"), "a11b2222");
  assert.equal(replaced("[0-9]+", "\\$1\\\\"), "a$1\\b$1\\");
  assert.equal(replaced("b", "$&".replace("&", "0")), "a1b22");
  assert.throws(() => replaced("b", "$"), /malformed/);
  assert.throws(() => replaced("b", "\\"), /malformed/);
});

Deno.test("Patterns that mean something else in Java are refused", () => {
  for (const source of ["(?i)a", "a++", "\\Qa\\E", "\\p{L}", "[a&&b]", "\\Aa", "(", "["]) {
    assert.throws(() => javaPattern(source, "all"), /not supported|malformed/, source);
  }
  assert.equal(javaPattern("a+", "whole").test("aab"), false);
  assert.equal(javaPattern("a|b", "whole").test("b"), true);
});
