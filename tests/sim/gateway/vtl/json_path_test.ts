import assert from "node:assert/strict";
import { TemplateFailure } from "../../../../sim/gateway/vtl/errors.ts";
import { JsonDocument } from "../../../../sim/gateway/vtl/json_document.ts";
import { jsonPath } from "../../../../sim/gateway/vtl/json_path.ts";
import { jsonText } from "../../../../sim/gateway/vtl/values.ts";

// The store of Goessner's article "JSONPath - XPath for JSON", shortened; the results are its.
const store = new JsonDocument(JSON.stringify({
  store: {
    book: [
      { author: "Rees", title: "Sayings", price: 8.95 },
      { author: "Waugh", title: "Sword", price: 12.99 },
      { author: "Melville", title: "Moby", price: 8.99 },
    ],
    bicycle: { color: "red", price: 19.95 },
  },
})).root;

function read(path: string): unknown {
  const found = jsonPath(path).read(store);
  return found === undefined ? undefined : JSON.parse(jsonText(found));
}

Deno.test("A definite path gives the value, or nothing", () => {
  assert.equal(read("$.store.book[0].title"), "Sayings");
  assert.equal(read("$['store']['book'][0]['title']"), "Sayings");
  assert.equal(read("$.store.book[-1].author"), "Melville");
  assert.equal(read('$["store"].bicycle.color'), "red");
  assert.equal(read("store.bicycle.color"), "red");
  assert.equal(read("$.store.book[3]"), undefined);
  assert.equal(read("$.store.nothing.color"), undefined);
  assert.equal(read("$.store.book.title"), undefined);
});

Deno.test("An indefinite path gives a list of all it finds", () => {
  assert.deepEqual(read("$.store.book[*].author"), ["Rees", "Waugh", "Melville"]);
  assert.deepEqual(read("$..author"), ["Rees", "Waugh", "Melville"]);
  assert.deepEqual(read("$.store..price"), [8.95, 12.99, 8.99, 19.95]);
  assert.deepEqual(read("$..book[2].title"), ["Moby"]);
  assert.deepEqual(read("$..nothing"), []);
  assert.equal((read("$.store.*") as unknown[]).length, 2);
});

Deno.test("Names may hold hyphens, quotes and dots", () => {
  const { root } = new JsonDocument(`{"partition-key":1,"a.b":2,"it's":3}`);
  assert.equal(jsonPath("$.partition-key").read(root), 1);
  assert.equal(jsonPath("$['a.b']").read(root), 2);
  assert.equal(jsonPath("$['it\\'s']").read(root), 3);
});

Deno.test("What we do not read is refused, not guessed", () => {
  for (
    const path of [
      "$.a[?(@.b)]",
      "$.a.length()",
      "$.a[0,1]",
      "$.a[1:2]",
      "$.",
      "$.a..",
      "$[",
      "$.a b",
    ]
  ) {
    assert.throws(() => jsonPath(path), TemplateFailure, path);
  }
});
