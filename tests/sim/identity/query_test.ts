import assert from "node:assert/strict";
import { membersOf, parseParameters, textOf } from "../../../sim/identity/query.ts";

Deno.test("a form becomes a tree, and lists come in the order of their numbers", () => {
  const root = parseParameters("A=1&L.member.10=j&L.member.2=b&L.member.1.Key=k+%26&E=")!;
  assert.equal(textOf(root, "A"), "1");
  assert.equal(textOf(root, "E"), "");
  assert.equal(textOf(root, "missing"), null);
  const members = membersOf(root.below.get("L")!);
  assert.deepEqual(members.map(({ text }) => text), [null, "b", "j"]);
  assert.equal(members[0]?.below.get("Key")?.text, "k &");
});

Deno.test("names like those of an object are names like any other", () => {
  const root = parseParameters("__proto__.x=1&constructor=2&Tags.member.__proto__=3")!;
  assert.equal(textOf(root, "constructor"), "2");
  assert.equal(textOf(root, "toString"), null);
  assert.deepEqual(membersOf(root.below.get("Tags")!), []);
});

Deno.test("what is no UTF-8, too deep or too wide is no form", () => {
  assert.equal(parseParameters("a=%ff"), null);
  assert.equal(parseParameters("a.b.c.d.e.f.g.h.i=1"), null);
  assert.equal(parseParameters("a=1&".repeat(5001)), null);
});
