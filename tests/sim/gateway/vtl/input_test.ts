import assert from "node:assert/strict";
import { BodyError } from "../../../../sim/gateway/vtl/mod.ts";
import { noParameters, render } from "./support.ts";

const parameters = {
  path: new Map([["name", "of path"], ["stream-name", "s"]]),
  query: new Map([["name", "of query"], ["limit", "5"]]),
  headers: new Map([["limit", "of header"], ["Shard-Iterator", "AAAA"]]),
};

Deno.test("params() looks in the path, then the query, then the headers", () => {
  const text = (name: string) => render(`[$input.params('${name}')]`, "{}", { parameters });
  assert.equal(text("name"), "[of path]");
  assert.equal(text("limit"), "[5]");
  assert.equal(text("Shard-Iterator"), "[AAAA]");
  assert.equal(text("shard-iterator"), "[AAAA]");
  assert.equal(text("nothing"), "[]");
});

Deno.test("params() without a name is all of them by kind", () => {
  const template = "#foreach($kind in $input.params().keySet())$kind:" +
    "#foreach($name in $input.params().get($kind).keySet())$name=$input.params().get($kind).get($name);#end #end";
  assert.equal(
    render(template, "{}", { parameters }),
    "path:name=of path;stream-name=s; querystring:name=of query;limit=5; header:limit=of header;Shard-Iterator=AAAA; ",
  );
});

Deno.test("json() of a string keeps its quotes, of an object is its JSON, of nothing is two quotes", () => {
  const body = '{"s":"a \\"b\\"","o":{"x":[1,null]},"n":null}';
  assert.equal(
    render("$input.json('$.s') $input.json('$.o') $input.json('$.n') $input.json('$.no')", body),
    '"a \\"b\\"" {"x":[1,null]} null ""',
  );
});

Deno.test("path() of an object prints as Java's map: what the course's template stores", () => {
  assert.equal(
    render("$input.path('$.data')", '{"data":{"index":1,"title":"x","tags":["a","b"]}}'),
    '{index=1, title=x, tags=["a","b"]}',
  );
});

Deno.test("A body that is missing counts as {}", () => {
  assert.equal(render("$input.body $input.json('$') [$input.path('$.x')]", ""), "{} {} []");
});

Deno.test("A body that is no JSON matters only to a template that looks into it", () => {
  assert.equal(render("$input.body", "a=1"), "a=1");
  assert.throws(() => render("$input.json('$')", "a=1"), BodyError);
});

Deno.test("Context and stage variables are maps", () => {
  const context = { requestId: "r", identity: { sourceIp: "127.0.0.1" }, requestTimeEpoch: 5 };
  const variables = { parameters: noParameters, context, stageVariables: { table: "pin" } };
  assert.equal(
    render(
      "$context.requestId $context.identity.sourceIp $context.requestTimeEpoch $stageVariables.table $stageVariables.get('table') $context.nope",
      "{}",
      variables,
    ),
    "r 127.0.0.1 5 pin pin ",
  );
});
