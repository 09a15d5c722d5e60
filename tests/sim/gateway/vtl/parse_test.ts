import assert from "node:assert/strict";
import fc from "fast-check";
import { TemplateFailure, TemplateSyntaxError } from "../../../../sim/gateway/vtl/mod.ts";
import { parseTemplate } from "../../../../sim/gateway/vtl/parse.ts";
import { render } from "./support.ts";

function placeOf(template: string): [reason: string, line: number, column: number] {
  try {
    parseTemplate(template);
  } catch (error) {
    assert.ok(error instanceof TemplateSyntaxError);
    return [error.reason, error.line, error.column];
  }
  assert.fail(`${template} was taken`);
}

Deno.test("A template that cannot be read is refused with the place", () => {
  assert.deepEqual(placeOf("a\n  #if(true)\nb"), ["#if has no #end", 2, 3]);
  assert.deepEqual(placeOf("#foreach($x in [1])\n"), ["#foreach has no #end", 1, 1]);
  assert.deepEqual(placeOf("a\nb #end"), ["#end belongs to nothing", 2, 3]);
  assert.deepEqual(placeOf("\r\n\r\n#macro(x)#end"), ["#macro is not supported", 3, 1]);
  assert.deepEqual(placeOf("#set($x 1)"), ["Expected '=', found '1'", 1, 9]);
  assert.deepEqual(placeOf("#set($x = )"), ["Expected a value, found ')'", 1, 11]);
  assert.deepEqual(placeOf("$a.b('x'"), ["Expected ',' or ')', found the end", 1, 9]);
  assert.deepEqual(placeOf("#set($x = 'it)"), ["A text that begins with ' does not end", 1, 11]);
  assert.deepEqual(placeOf("#* never"), ["A comment does not end", 1, 1]);
  assert.deepEqual(placeOf("#[[ never"), ["'#[[' does not end", 1, 1]);
  assert.deepEqual(placeOf("#set($x.foo() = 1)")[0], "A method's result cannot be set");
  assert.deepEqual(
    placeOf("#foreach($x.y in [1])#end")[0],
    "Expected the name of the loop's variable",
  );
});

Deno.test("What is wrong inside a quoted text is told at its quote", () => {
  assert.deepEqual(placeOf('#set($x = 1)\n#set($y = "#if(true)")'), ["#if has no #end", 2, 11]);
});

Deno.test("A minus that Velocity would take for a sign is refused, not guessed", () => {
  assert.equal(placeOf("#set($x = 3 -1)")[0], "A blank must follow this minus");
  assert.equal(render("#set($x = 3 - 1)$x"), "2");
});

Deno.test("Any text is a template, refused as one, or fails: never a crash", () => {
  const sign = fc.constantFrom(
    ...["$", "#", "{", "}", "(", ")", "[", "]", ".", "!", '"', "'", "\\", " ", "\n", "a", "1", ","],
    ...["#if", "#end", "#else", "#set", "#foreach", " in ", "$x", "$input", ".json", "=", "-"],
  );
  fc.assert(
    fc.property(fc.array(sign, { maxLength: 30 }), (signs) => {
      try {
        render(signs.join(""));
      } catch (error) {
        const isOurs = error instanceof TemplateSyntaxError || error instanceof TemplateFailure;
        assert.ok(isOurs, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
