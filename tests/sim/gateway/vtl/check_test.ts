import assert from "node:assert/strict";
import { Template } from "../../../../sim/gateway/vtl/mod.ts";

function refusal(template: string): string {
  try {
    new Template(template);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "none";
}

Deno.test("What can never work is refused on loading, wherever it stands", () => {
  const wrong = "$util.toJson('x')";
  const expected = /^There is no \$util\.toJson\(…\) with 1 arguments \(line 1, column [0-9]+\)$/;
  for (
    const template of [
      wrong,
      `#if(${wrong})#end`,
      `#if(true)#{else}${wrong}#end`,
      `#if(true)${wrong}#end`,
      `#foreach($x in ${wrong})#end`,
      `#foreach($x in [1])${wrong}#end`,
      `#set($x = [1, {'a': ${wrong}}])`,
      `#set($x = 1 + ${wrong})`,
      `#set($x = !${wrong})`,
      `#set($x = [1..${wrong}])`,
      `#set($x = "a ${wrong}")`,
      `$input.path(${wrong})`,
      `$x.get(${wrong})`,
      `$x[${wrong}]`,
    ]
  ) assert.match(refusal(template), expected, template);
});

Deno.test("Functions of $input and $util are known by name and number of arguments", () => {
  assert.equal(
    refusal("$input.json()"),
    "There is no $input.json(…) with 0 arguments (line 1, column 8)",
  );
  assert.equal(refusal("\n $input.text"), "There is no $input.text (line 2, column 9)");
  assert.match(refusal("$util.base64Encode('a', 'b')"), /with 2 arguments/);
  assert.equal(refusal("$input.params() $input.params('x') $input.body"), "none");
});

Deno.test("A method that no value has is refused; one that some value has is not", () => {
  assert.equal(
    refusal("$x.toCharArray()"),
    "The method toCharArray() is not supported (line 1, column 4)",
  );
  assert.equal(refusal("$x.substring(1) $x.keySet() $foreach.getIndex()"), "none");
  assert.match(refusal("$x.class.name"), /out of reach/);
});

Deno.test("A path that we do not read is refused, if it stands there as a fixed text", () => {
  assert.match(
    refusal("$input.path('$.a[?(@.b)]')"),
    /Cannot read JSONPath .* \(line 1, column 8\)/,
  );
  assert.match(refusal("$input.json('$.a.length()')"), /Cannot read JSONPath/);
  assert.equal(refusal('$input.json("$.a[$i].b")'), "none");
});

Deno.test("Overrides of request and response are refused", () => {
  assert.match(
    refusal("#set($context.responseOverride.status = 404)"),
    /^\$context\.responseOverride is not supported/,
  );
  assert.equal(refusal("$context.requestId $stageVariables.x"), "none");
});

Deno.test("$input and $util are refused where they would be printed as a whole", () => {
  assert.equal(refusal("a $input"), "$input cannot be printed as a whole (line 1, column 3)");
  assert.match(refusal('#set($x = "$util ")'), /^\$util cannot be printed as a whole/);
  assert.equal(refusal("#set($x = $input)$x.body"), "none");
});
