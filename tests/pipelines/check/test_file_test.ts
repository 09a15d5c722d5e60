import assert from "node:assert/strict";
import { parseTestFile } from "../../../pipelines/check/test_file.ts";
import { places } from "./projects.ts";

const files: Record<string, string> = {
  "a.csv": 'x,y\n1,\n2,""\n',
  "a.jsonl": '{"x": 1}\n\n{"y": null}\n',
  "a.txt": "x",
};

const parse = (text: string) =>
  parseTestFile("t.test", text, "t", (path) => {
    const found = files[path];
    return found === undefined
      ? Promise.reject(new Error("there is no such file"))
      : Promise.resolve({ file: path, text: found });
  });

Deno.test("a test file is cases with their rows, each known by its line", async () => {
  const { cases, problems } = await parse(`
# what this file is about
test one
  at 2020-08-28 05:52:47+02:00
  given a
    | x int | y |
    |-------|---|
    | 1     | two words | # a remark
  expect
    | z |
    | "a\\|b" |
  expect parsed ordered no rows
`.replace("\\|", "|"));
  assert.deepEqual(problems, []);
  const [test] = cases;
  assert.deepEqual([test?.name, test?.model, test?.line], ["one", "t", 3]);
  assert.equal(test?.at, "2020-08-28T03:52:47Z");
  assert.deepEqual(test?.given, [{
    table: "a",
    among: ["a"],
    line: 5,
    rows: {
      file: "t.test",
      line: 6,
      columns: [{ name: "x", type: "int" }, { name: "y", type: null }],
      rows: [{
        line: 8,
        cells: [{ kind: "bare", text: "1" }, { kind: "bare", text: "two words" }],
      }],
    },
  }]);
  const [model, cte] = test?.expects ?? [];
  assert.deepEqual([model?.cte, model?.isOrdered, model?.line], [null, false, 9]);
  assert.deepEqual(model?.rows.rows, [{ line: 11, cells: [{ kind: "value", value: "a|b" }] }]);
  assert.deepEqual([cte?.cte, cte?.isOrdered, cte?.rows.rows], ["parsed", true, []]);
});

Deno.test("rows are also JSON over several lines, and come from files", async () => {
  const { cases, problems } = await parse(`test t
    given a
      {"x": 1, "big": 9007199254740993,
       "list": [1, 2]}
      {"y": "}"}
    given b, c from a.csv
    expect from a.jsonl
  `);
  assert.deepEqual(problems, []);
  const value = (value: unknown) => ({ kind: "value", value });
  const [a, b, c] = cases[0]?.given ?? [];
  assert.deepEqual(a?.rows.columns.map(({ name }) => name), ["x", "big", "list", "y"]);
  assert.deepEqual(a?.rows.rows, [
    { line: 3, cells: [value(1), value(9007199254740993n), value([1, 2]), undefined] },
    { line: 5, cells: [undefined, undefined, undefined, value("}")] },
  ]);
  assert.deepEqual([b?.table, c?.table, b?.among], ["b", "c", ["b", "c"]]);
  assert.deepEqual(b?.rows.rows, [
    { line: 2, cells: [{ kind: "bare", text: "1" }, value(null)] },
    { line: 3, cells: [{ kind: "bare", text: "2" }, { kind: "bare", text: "" }] },
  ]);
  assert.deepEqual(cases[0]?.expects[0]?.rows.rows, [
    { line: 1, cells: [value(1), undefined] },
    { line: 3, cells: [undefined, value(null)] },
  ]);
});

const mistakes: [what: string, text: string, expected: string][] = [
  [
    "a row of another width",
    "test t\nexpect\n| a | b |\n| 1 |",
    "t.test:4: A row of 1 cells in a table of 2 columns",
  ],
  [
    "an empty cell",
    "test t\nexpect\n| a |\n|   |",
    't.test:4: A cell is empty: write null, or "" for an empty text',
  ],
  [
    "a row without its end",
    "test t\nexpect\n| a |\n| 1",
    "t.test:4: Cannot read '1': a row ends with |, and a cell that begins with \" ends with \"",
  ],
  [
    "an open quote",
    'test t\nexpect\n| a |\n| "x |',
    't.test:4: Cannot read \'"x |\': a row ends with |, and a cell that begins with " ends with "',
  ],
  ["a column twice", "test t\nexpect\n| a | a |", "t.test:3: The column a is there twice"],
  [
    "no expectation",
    "test t\ngiven a\n| a |",
    "t.test:1: The test 't' expects nothing; write 'expect' and rows, or 'expect no rows'",
  ],
  [
    "no rows below",
    "test t\nexpect",
    "t.test:2: There are no rows below 'expect'; write 'no rows' if that is meant",
  ],
  [
    "rows where none are said to be",
    "test t\nexpect no rows\n| a |",
    "t.test:3: Rows stand here, and the line above says 'no rows'",
  ],
  [
    "an unknown word",
    "test t\nexpct\n| a |",
    "t.test:3: Rows belong below 'given' or 'expect'",
  ],
  [
    "words that mean nothing",
    "test t\nexpect a b\n| a |",
    "t.test:2: Cannot read 'expect a b'; write 'given <table>, … [from <file>]' or " +
    "'expect [<cte>] [ordered] [no rows | from <file>]'",
  ],
  [
    "a time that is none",
    "test t\nat noon\nexpect no rows",
    "t.test:2: Noon is no timestamp: write 2020-08-28 03:52:47, in UTC or with its zone",
  ],
  ["a name twice", "test t\nexpect no rows\ntest t", "t.test:3: Line 1 has a test of this name"],
  [
    "a table twice",
    "test t\ngiven a\n| x |\ngiven a\n| x |\nexpect no rows",
    "t.test:4: Line 2 has rows of a",
  ],
  [
    "a case before any test",
    "expect no rows",
    "t.test:1: 'expect no rows' belongs below a line 'test …'",
  ],
  [
    "broken JSON",
    'test t\nexpect\n{"a": 1,}\ntest u\nexpect no rows',
    "t.test:3: '{\"a\": 1,}' is no JSON object",
  ],
  [
    "a missing file",
    "test t\nexpect from b.csv",
    "t.test:2: Cannot read b.csv: there is no such file",
  ],
  [
    "a file of no known kind",
    "test t\nexpect from a.txt",
    "a.txt:1: Rows come from files that end in .csv or .jsonl",
  ],
  ["a model below a test", "test t\nmodel x", "t.test:2: 'model' belongs above the first test"],
  ["nothing", "# only words\n", "t.test:1: There is no test in this file"],
];

for (const [what, text, expected] of mistakes) {
  Deno.test(`a test file with ${what} is told with its line, and the other cases stay`, async () => {
    const { cases, problems } = await parse(`${text}\ntest good\nexpect no rows\n`);
    if (what === "nothing") {
      assert.deepEqual(places((await parse(text)).problems), [expected]);
      return;
    }
    assert.equal(places(problems)[0], expected);
    assert.ok(cases.some(({ name }) => name === "good"));
    assert.ok(!cases.some(({ name }) => name === "t") || what === "a name twice");
  });
}
