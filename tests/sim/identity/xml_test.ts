import assert from "node:assert/strict";
import { XMLParser } from "fast-xml-parser";
import { element, escapeXml, fields } from "../../../sim/identity/xml.ts";

Deno.test("values become elements: lists of members, maps of entries, times to the second", () => {
  const answer = {
    Text: 'a<b>&"c"',
    Number: 1,
    Yes: true,
    At: new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 678)),
    List: ["x", { Deep: "y" }],
    Empty: [],
    Map: new Map([["k", 1]]),
    Not: undefined,
    Neither: null,
  };
  assert.equal(
    fields(answer),
    "<Text>a&lt;b&gt;&amp;&quot;c&quot;</Text><Number>1</Number><Yes>true</Yes>" +
      "<At>2026-01-02T03:04:05Z</At><List><member>x</member><member><Deep>y</Deep></member></List>" +
      "<Empty></Empty><Map><entry><key>k</key><value>1</value></entry></Map>",
  );
});

Deno.test("no text breaks out of its element, nor makes a document that cannot be read", () => {
  for (const text of ["</A><B>", "\u0000\u0001\u001f", "]]>", "&amp;", "<!--", "é😀", "\ufffe"]) {
    const read = new XMLParser({ parseTagValue: false }).parse(element("A", text));
    assert.deepEqual(Object.keys(read), ["A"], text);
  }
  assert.equal(escapeXml("a\u0000b"), "a\ufffdb");
});
