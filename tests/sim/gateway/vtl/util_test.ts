import assert from "node:assert/strict";
import { TemplateFailure } from "../../../../sim/gateway/vtl/mod.ts";
import { render } from "./support.ts";

Deno.test("Base64 goes over UTF-8 and back", () => {
  // printf 'é😀' | base64
  assert.equal(render("$util.base64Encode('é😀')"), "w6nwn5iA");
  assert.equal(render("$util.base64Decode('w6nwn5iA')"), "é😀");
  assert.throws(() => render("$util.base64Decode('a b')"), TemplateFailure);
});

Deno.test("base64Encode takes the printed text of what is no text", () => {
  // printf '{index=1, title=x}' | base64
  const body = '{"data":{"index":1,"title":"x"}}';
  assert.equal(
    render("$util.base64Encode($input.path('$.data'))", body),
    "e2luZGV4PTEsIHRpdGxlPXh9",
  );
});

Deno.test("URL encoding is that of forms, as Java has it", () => {
  // Source: Java SE, URLEncoder: letters, digits and .-*_ stay, a blank is +.
  assert.equal(
    render(`$util.urlEncode("a b&c=d/é~(x)'!*._-")`),
    "a+b%26c%3Dd%2F%C3%A9%7E%28x%29%27%21*._-",
  );
  assert.equal(render("$util.urlEncode($input.path('$.x'))", '{"x":"a\\ud800b"}'), "a%3Fb");
  assert.equal(render("$util.urlDecode('a+b%26c%3Dd%2F%C3%A9')"), "a b&c=d/é");
  assert.throws(() => render("$util.urlDecode('%E9')"), TemplateFailure);
});

Deno.test("parseJson makes values of a text, and fails on what is none", () => {
  assert.equal(render(`#set($o = $util.parseJson('{"a":[1,{"b":"c"}]}'))$o.a[1].b`), "c");
  assert.throws(() => render("$util.parseJson('{')"), TemplateFailure);
});
