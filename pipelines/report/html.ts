/**
 * Report: the results of a run -> one HTML file that needs nothing else.
 *
 * Charts are inline SVG, styles are inside, there is no script: the file can be mailed, and
 * opened in ten years. Everything that comes from data is escaped.
 */
import type { Caption } from "../warehouse/captions.ts";
import { isAmount, shown, type Table } from "./answers.ts";
import { chart } from "./charts.ts";

export interface ReportInput {
  /** Who and when, as pairs of a name and a value. */
  facts: readonly (readonly [string, string])[];
  /** By name, in the order in which they are told. */
  answers: ReadonlyMap<string, Table & { caption: Caption }>;
  reconciled: boolean;
  /** The proof: one row per hop, one column per table. */
  proof: Table;
  /** What does not add up, one sentence each. */
  problems: readonly string[];
  /** Rejected records: table, reason, how many. */
  rejects: Table;
  /** Cells that held something and became null: table, column, how many, examples. */
  nulled: Table;
  /** Tables of the source that were left out. */
  without?: readonly string[];
  /** Answers that are empty for that reason: by name, the sentence that says so. */
  empty?: ReadonlyMap<string, string>;
}

/** The whole page as text. */
export async function htmlReport(input: ReportInput): Promise<string> {
  const sections: string[] = [];
  for (const [name, answer] of input.answers) {
    const { picture } = answer.caption;
    const drawing = picture.kind === "figure"
      ? figure(answer, picture.label, picture.value)
      : await chart(answer, picture);
    sections.push(answerSection(name, drawing, answer, input.empty?.get(name) ?? "No rows."));
  }
  return page(input, sections.join("\n"));
}

function page(input: ReportInput, answers: string): string {
  const verdict = input.reconciled ? "Everything adds up" : "Something does not add up";
  const facts = input.facts.map(([name, value]) =>
    `<div><dt>${escape(name)}</dt><dd>${escape(value)}</dd></div>`
  ).join("");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pinterest Data Pipeline: batch report</title>
<style>${styles}</style>
</head>
<body>
<header>
<h1>Pinterest Data Pipeline</h1>
<p class="verdict ${input.reconciled ? "good" : "bad"}">${verdict}</p>
<dl class="facts">${facts}</dl>
</header>
<main>
<section id="proof">
<h2>The proof</h2>
<p>Every row of the source, followed through each hop. Landed records are cleaned rows,
duplicates and rejects, and the content of every posted row is among the landed.</p>
${leftOutLine(input.without ?? [])}${htmlTable(input.proof)}
${problemList(input.problems)}
</section>
<section id="rejects">
<h2>Rejects</h2>
${input.rejects.rows.length === 0 ? "<p>No record was rejected.</p>" : htmlTable(input.rejects)}
</section>
<section id="nulled">
<h2>Nulled</h2>
<p>Cells that held something, and became null because it is no value of their column.</p>
${input.nulled.rows.length === 0 ? "<p>There are none.</p>" : htmlTable(input.nulled)}
</section>
${answers}
</main>
</body>
</html>
`;
}

/** @param reason told in place of rows, where there are none */
function answerSection(
  name: string,
  drawing: string | null,
  table: Table & { caption: Caption },
  reason: string,
): string {
  const { title, units } = table.caption;
  const rows = table.rows.length;
  const body = rows === 0
    ? `<p>${escape(reason)}</p>`
    : `<details${rows <= 12 ? " open" : ""}><summary>${shown(rows)} ${
      rows === 1 ? "row" : "rows"
    }</summary>${htmlTable(table)}</details>`;
  return `<section id="${escape(name)}">
<h2>${escape(title)}</h2>
<p class="file">answers/${escape(name)}.csv; ${escape(units)}</p>
${drawing === null ? "" : `<figure>${drawing}</figure>`}
${body}
</section>`;
}

function figure(table: Table, label: string, value: string): string | null {
  const row = table.rows[0];
  if (row === undefined) return null;
  const cell = (name: string) => shown(row[table.columns.indexOf(name)] ?? null);
  return `<p class="figure"><strong>${escape(cell(label))}</strong> ${escape(cell(value))}</p>`;
}

function htmlTable(table: Table): string {
  const heads = table.columns.map((name, at) => {
    const numeric = typeof table.rows[0]?.[at] === "number";
    return `<th scope="col"${numeric ? ' class="number"' : ""}>${escape(name)}</th>`;
  }).join("");
  const rows = table.rows.map((row) =>
    `<tr>${
      row.map((cell, at) => {
        const isNumber = typeof cell === "number" || typeof cell === "bigint";
        const text = isNumber && !isAmount(table.columns[at] ?? "") ? String(cell) : shown(cell);
        return `<td${isNumber ? ' class="number"' : ""}>${escape(text)}</td>`;
      }).join("")
    }</tr>`
  );
  return `<div class="scroll"><table><thead><tr>${heads}</tr></thead><tbody>${
    rows.join("\n")
  }</tbody></table></div>`;
}

function leftOutLine(without: readonly string[]): string {
  if (without.length === 0) return "";
  return `<p>Left out of the source (--without): ${escape(without.join(", "))}.</p>\n`;
}

function problemList(problems: readonly string[]): string {
  if (problems.length === 0) return "";
  return `<ul class="problems">${
    problems.map((problem) => `<li>${escape(problem)}</li>`).join("")
  }</ul>`;
}

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (found) => entities[found] ?? found);
}

const styles = `
:root { color-scheme: light; --ink: #1d1d1f; --soft: #6b6b70; --line: #dcdce0; --paper: #fff; }
body { margin: 0 auto; max-width: 940px; padding: 1.5rem; color: var(--ink);
  background: var(--paper); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.7rem; margin: 0; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .3rem; border-top: 1px solid var(--line);
  padding-top: 1.2rem; }
.verdict { font-weight: 600; display: inline-block; padding: .15rem .7rem; border-radius: 1rem; }
.good { background: #e3f4e1; color: #205c16; }
.bad { background: #fde4e4; color: #8f1010; }
.facts { display: flex; flex-wrap: wrap; gap: .4rem 2rem; margin: .5rem 0; }
.facts dt { color: var(--soft); font-size: .8rem; }
.facts dd { margin: 0; }
.file { color: var(--soft); font-size: .8rem; margin: 0; }
.figure { font-size: 1.6rem; }
.scroll { overflow: auto; max-height: 30rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .2rem .9rem .2rem 0; border-bottom: 1px solid var(--line); }
th { position: sticky; top: 0; background: var(--paper); }
td.number, th.number { text-align: right; }
figure { margin: 1rem 0; overflow: auto; }
figure svg { max-width: 100%; height: auto; }
summary { cursor: pointer; color: var(--soft); }
.problems { color: #8f1010; }
`;
