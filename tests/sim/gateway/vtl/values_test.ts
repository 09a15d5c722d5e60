import assert from "node:assert/strict";
import {
  doubleText,
  JavaList,
  JavaMap,
  javaText,
  jsonText,
} from "../../../../sim/gateway/vtl/values.ts";
import { render } from "./support.ts";

Deno.test("Doubles print as Java prints them", () => {
  // Source: Java SE, Double.toString: plain from 10^-3 up to 10^7, else with an exponent.
  const expected: [number, string][] = [
    [1, "1.0"],
    [-72.5059, "-72.5059"],
    [0.001, "0.001"],
    [0.00099, "9.9E-4"],
    [9999999.5, "9999999.5"],
    [1e7, "1.0E7"],
    [-123456789.25, "-1.2345678925E8"],
    [0, "0.0"],
    [-0, "-0.0"],
    [Infinity, "Infinity"],
    [NaN, "NaN"],
  ];
  for (const [value, text] of expected) assert.equal(doubleText(value), text);
});

Deno.test("A double of a body prints as Java's in text, and as it was sent in JSON", () => {
  assert.equal(render("$input.path('$.d') $input.json('$.d')", '{"d":1e3}'), "1000.0 1e3");
});

Deno.test("A list that a template made prints as Java's, one that came as JSON as JSON", () => {
  const map = new JavaMap(new Map([["a", "x"]]));
  assert.equal(javaText(new JavaList([1, "x", null, map])), "[1, x, null, {a=x}]");
  assert.equal(javaText(new JavaList([1, "x", null, map], true)), '[1,"x",null,{"a":"x"}]');
  assert.equal(jsonText(map), '{"a":"x"}');
});

Deno.test("What a template changes in a body shows in it afterwards", () => {
  const template = "#set($b = $input.path('$'))#set($b.list[0] = 'new')$b $input.json('$.list')";
  assert.equal(render(template, '{"list":[1,2]}'), '{list=["new",2]} ["new",2]');
});
