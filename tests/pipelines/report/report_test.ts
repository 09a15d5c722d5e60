import assert from "node:assert/strict";
import { shown, type Table } from "../../../pipelines/report/answers.ts";
import { chart } from "../../../pipelines/report/charts.ts";
import { htmlReport } from "../../../pipelines/report/html.ts";
import { nulledTable } from "../../../pipelines/report/proof.ts";
import { modelsByName, type Question, questionsOf } from "../../../pipelines/warehouse/models.ts";
import { textTable, visible } from "../../../pipelines/report/terminal.ts";

const evil = `<script>alert("x & 'y'")</script>`;

/** A small answer of the right columns. */
function sampleAnswer({ picture }: Question["caption"]): Table {
  switch (picture.kind) {
    case "table":
      return { columns: ["a"], rows: [[evil]] };
    case "heat":
    case "groups":
      return {
        columns: [picture.label, picture.series, picture.value],
        rows: [[2018, evil, 3], [2019, "art", null]],
      };
    default:
      return {
        columns: [picture.label, picture.value, ...("note" in picture ? [picture.note ?? ""] : [])],
        rows: [[evil, 1_234_567, evil], ["B", 2, "{b|x}"]],
      };
  }
}

const proof: Table = { columns: ["hop", "pin"], rows: [["source", 11_154]] };

Deno.test("the report is one file: no script, no address, every answer, every text escaped", async () => {
  const questions = questionsOf(await modelsByName());
  const captions = [
    ...questions.map(({ name, caption }) => [name, caption] as const),
    ["told", { title: evil, units: evil, order: 11, picture: { kind: "table" } }] as const,
  ];
  const html = await htmlReport({
    facts: [["run", evil]],
    answers: new Map(
      captions.map(([name, caption]) => [name, { caption, ...sampleAnswer(caption) }]),
    ),
    reconciled: false,
    proof,
    problems: [evil],
    rejects: { columns: ["table", "reason", "records"], rows: [["pin", evil, 2]] },
    nulled: nulledTable([{ table: "pin", column: "title", cells: 7, examples: [evil, "b"] }]),
  });
  assert.doesNotMatch(html, /<script|<link|src=|href="(?!#)/);
  assert.doesNotMatch(html, /https?:\/\/(?!www\.w3\.org)/);
  for (const { name, caption: { title, units } } of questions) {
    assert.ok(html.includes(`<section id="${name}">`), name);
    assert.ok(html.includes(title), title);
    assert.ok(html.includes(units.replaceAll("'", "&#39;")), units);
  }
  assert.equal(html.match(/<svg/g)?.length, 9);
  assert.ok(html.includes("Something does not add up"));
  assert.ok(html.includes("11,154"));
  assert.match(html, /<td>title<[/]td><td class="number">7<[/]td><td>&#39;&lt;script&gt;/);
});

Deno.test("an answer without rows has no chart and says so", async () => {
  const picture = { kind: "bars", label: "a", value: "b" } as const;
  assert.equal(await chart({ columns: ["a", "b"], rows: [] }, picture), null);
});

Deno.test("a text table groups amounts, leaves years alone, and says what it leaves out", () => {
  const table: Table = {
    columns: ["join_year", "number_users_joined"],
    rows: Array.from({ length: 12 }, (_, at) => [2015 + at, 1000 + at]),
  };
  const printed = textTable(table, { title: "Users", rowsMax: 2, file: "answers/users.csv" });
  assert.match(printed, /^Users\n/);
  assert.match(printed, /2015\s+1,000/);
  assert.match(printed, /… and 10 more in answers\/users\.csv/);
  assert.doesNotMatch(printed, /2017/);
});

Deno.test("control characters of a stranger's text do not reach the terminal", () => {
  assert.equal(visible("a\u001b[31m\r\nb\u0085"), "a␛[31m␍␊b␦");
});

Deno.test("a big integer is shown with all of its digits", () => {
  assert.equal(shown(9_007_199_254_740_993n), "9,007,199,254,740,993");
  assert.equal(shown(null), "");
  assert.equal(shown(1.5), "1.5");
});
