import assert from "node:assert/strict";
import { decodeUri, encodeUri, encodeUriPath, parseQuery } from "../../../sim/net/uri.ts";

Deno.test("encodeUri leaves the unreserved characters of RFC 3986 and no others", () => {
  const unreserved = "ABCXYZabcxyz0189-._~";
  assert.equal(encodeUri(unreserved), unreserved);
  assert.equal(
    encodeUri("!'()*+,/:;=?@[]$&%"),
    "%21%27%28%29%2A%2B%2C%2F%3A%3B%3D%3F%40%5B%5D%24%26%25",
  );
  assert.equal(encodeUri("é 💾"), "%C3%A9%20%F0%9F%92%BE");
});

Deno.test("encodeUriPath keeps slashes", () => {
  assert.equal(encodeUriPath("/a b/c*"), "/a%20b/c%2A");
});

Deno.test("decodeUri gives null for what is no UTF-8", () => {
  assert.equal(decodeUri("%C3%A9"), "é");
  assert.equal(decodeUri("%C3"), null);
  assert.equal(decodeUri("%zz"), null);
});

Deno.test("parseQuery keeps order, repeats and empty values, and splits at the first sign", () => {
  assert.deepEqual(parseQuery("b=1&a&&b=2=3&c=x+y%2B"), [
    ["b", "1"],
    ["a", ""],
    ["b", "2=3"],
    ["c", "x y+"],
  ]);
  assert.equal(parseQuery("a=%ff"), null);
});

Deno.test("half a pair of surrogates is encoded as the sign for what is not known", () => {
  // JSON can write it, so clients can send it: `"\\ud800"`.
  assert.equal(encodeUri("a\ud800b"), "a%EF%BF%BDb");
  assert.equal(encodeUriPath("a/\udc00"), "a/%EF%BF%BD");
});
