/**
 * Outcome: what a run of either pipeline came to -> its report file, and what its command prints.
 *
 * Sentences about what went wrong go to standard error, also with `--json`; all else is a result.
 */
import { print } from "../cli/output.ts";
import { say } from "../cli/run_command.ts";
import type { TableName } from "../tables.ts";
import type { Answer } from "../warehouse/answer.ts";
import type { Nulled } from "../warehouse/nulled.ts";
import type { Table } from "./answers.ts";
import {
  answerTables,
  nulledTable,
  proofTable,
  proofTitle,
  rejectTable,
  writeWhole,
} from "./proof.ts";
import { textTable } from "./terminal.ts";
import { emptyBecause, leftOut } from "./verdict.ts";

export interface Outcome {
  /** By name, in the order in which they are told; those not asked for are missing. */
  answers: ReadonlyMap<string, Answer>;
  reconciled: boolean;
  hops: Readonly<Record<string, Record<TableName, number>>>;
  rejects: readonly { table: TableName; reason: string; count: number }[];
  /** Cells that held something and became null. */
  nulled: readonly Nulled[];
  /** Tables of the source that were left out. */
  without: readonly TableName[];
  /** What does not add up, a line each. */
  sentences: readonly string[];
}

/**
 * Writes `report.html` and returns its path.
 * @param facts what stands at its top: name and value
 * @throws {RunError} if it cannot be written
 */
export async function writeReport(
  outcome: Outcome,
  facts: [string, string][],
  outDir: string,
): Promise<string> {
  const { htmlReport } = await import("./html.ts");
  const html = await htmlReport({
    facts,
    answers: answerTables(outcome.answers),
    reconciled: outcome.reconciled,
    proof: proofTable(outcome.hops),
    problems: [...outcome.sentences],
    rejects: rejectTable(outcome.rejects),
    nulled: nulledTable(outcome.nulled),
    without: outcome.without,
    empty: emptyAnswers(outcome),
  });
  const file = `${outDir}/report.html`;
  await writeWhole(file, html);
  return file;
}

export interface Telling {
  json?: true;
  quiet?: true;
  /** The document of `--json`. */
  summary: unknown;
  /** Tables between the answers and the rejects. */
  tables?: readonly { title: string; table: Table }[];
  rejectsFile?: string;
  /** Under all tables, `closing` last of all. */
  remarks?: readonly string[];
  closing: string;
}

/** Prints a run as its flags want it. */
export function tell(outcome: Outcome, telling: Telling): void {
  for (const line of outcome.sentences) say(line);
  if (telling.json) return print(documentText(telling.summary));
  if (!telling.quiet) printTables(outcome, telling);
  print(telling.closing);
}

function printTables(outcome: Outcome, { tables = [], rejectsFile, remarks = [] }: Telling): void {
  const empty = emptyAnswers(outcome);
  for (const [name, table] of answerTables(outcome.answers)) {
    const { title } = table.caption;
    const [reason, file] = [empty.get(name), outcome.answers.get(name)?.file];
    if (reason !== undefined) print(`${title}\n${reason}\n`);
    else print(textTable(table, { title, ...(file && { file }) }));
  }
  for (const { title, table } of tables) print(textTable(table, { title }));
  if (outcome.rejects.length > 0) {
    const file = rejectsFile === undefined ? {} : { file: rejectsFile };
    print(textTable(rejectTable(outcome.rejects), { title: "Rejects", ...file }));
  }
  if (outcome.nulled.length > 0) {
    print(textTable(nulledTable(outcome.nulled), { title: "Nulled", rowsMax: Infinity }));
  }
  print(textTable(proofTable(outcome.hops), { title: proofTitle(outcome.without) }));
  for (const remark of remarks) print(remark);
}

/** Answers that are empty because a table was left out: by name, the sentence that says so. */
function emptyAnswers({ answers, without }: Outcome): Map<string, string> {
  const empty = new Map<string, string>();
  for (const [name, { reads }] of answers) {
    const missing = leftOut(reads, without);
    if (missing.length > 0) empty.set(name, emptyBecause(missing));
  }
  return empty;
}

export interface AnswerSummary {
  rows: number;
  file: string;
  /** The tables that it reads and that were left out: why it is empty. */
  without?: TableName[];
}

/** Of each answer how many rows it has, and where it is. */
export function answerSummaries(
  { answers, without }: Pick<Outcome, "answers" | "without">,
): Record<string, AnswerSummary> {
  return Object.fromEntries(
    answers.entries().map(([name, { rows, file, reads }]) => {
      const missing = leftOut(reads, without);
      const summary = { rows: rows.length, file };
      return [name, missing.length > 0 ? { ...summary, without: missing } : summary] as const;
    }),
  );
}

/** JSON in which a number beyond what a double holds is a text. */
export function documentText(value: unknown): string {
  return JSON.stringify(
    value,
    (_, inner) => typeof inner === "bigint" ? String(inner) : inner,
    2,
  );
}
