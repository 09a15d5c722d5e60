/** JUnit: what a foreign XML reader finds in it. */
import assert from "node:assert/strict";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { junitXml } from "../../../pipelines/check/junit.ts";
import type { Result } from "../../../pipelines/check/results.ts";

function result(given: Partial<Result>): Result {
  return {
    kind: "test",
    status: "passed",
    model: "pin",
    name: "expands k",
    file: "tests/sql/clean/pin.test",
    line: 3,
    column: null,
    message: "",
    differences: [],
    ms: 12,
    ...given,
  };
}

function read(xml: string) {
  assert.equal(XMLValidator.validate(xml), true);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "",
    isArray: (name) => name === "testsuite" || name === "testcase",
  });
  return parser.parse(xml).testsuites;
}

Deno.test("each file is a suite and each result a case, with counts and seconds", () => {
  const suites = read(junitXml([
    result({}),
    result({ name: "trims", status: "skipped", message: "pin cannot be built" }),
    result({
      kind: "audit",
      file: "sql/clean/pin.audit.sql",
      status: "warning",
      message: "2 rows",
    }),
  ], 1.5));
  assert.equal(suites.tests, "3");
  assert.equal(suites.skipped, "1");
  assert.equal(suites.time, "1.500");
  assert.deepEqual(suites.testsuite.map(({ name }: { name: string }) => name), [
    "tests/sql/clean/pin.test",
    "sql/clean/pin.audit.sql",
  ]);
  const [first, second] = suites.testsuite[0].testcase;
  assert.deepEqual(first, {
    classname: "pin",
    name: "expands k",
    file: "tests/sql/clean/pin.test",
    line: "3",
    time: "0.012",
  });
  assert.equal(second.skipped.message, "pin cannot be built");
  assert.match(suites.testsuite[1].testcase[0]["system-out"], /2 rows/);
});

Deno.test("a failure has its place and what differs, whatever signs its texts hold", () => {
  const odd = `<b> & "q" \u0000\u001b\ud800 é 😀`;
  const suites = read(junitXml([result({
    status: "failed",
    name: odd,
    differences: [{
      kind: "cell",
      cte: null,
      key: [{ column: "ind", value: "2" }],
      column: "title",
      expected: odd,
      actual: "null",
      file: "x",
      line: 9,
    }],
  })], 0));
  const [{ name, failure }] = suites.testsuite[0].testcase;
  assert.equal(suites.failures, "1");
  assert.match(name, /^<b> & "q" \ufffd+ é 😀$/u);
  assert.match(failure["#text"], /ind 2 .*title .*expected <b>/);
  assert.match(failure.message, /^tests\/sql\/clean\/pin[.]test:3: /);
});

Deno.test("no results are an empty document", () => {
  assert.equal(read(junitXml([], 0)).tests, "0");
});
