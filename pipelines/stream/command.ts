/**
 * The `stream` command behind its flags: runs the pipeline, shows the tables, the answers and the
 * proof, and says by its exit code whether everything adds up.
 */
import process from "node:process";
import { print } from "../cli/output.ts";
import type { StreamFlags } from "../cli/program.ts";
import type { Progress } from "../cli/progress.ts";
import { say } from "../cli/run_command.ts";
import type { Post } from "../posts.ts";
import { questions, type Table } from "../report/answers.ts";
import {
  answerTables,
  problemLines,
  proofTable,
  refusalLines,
  rejectTable,
  writeWhole,
} from "../report/proof.ts";
import { textTable } from "../report/terminal.ts";
import { perTable, tableNames } from "../tables.ts";
import type { Target } from "../target.ts";
import { runStream, type StreamResult } from "./mod.ts";
import type { StreamSummary } from "./summary.ts";

export interface StreamWorld {
  source: string;
  stateDir: string;
  setUpSeconds: number;
  /** When the program began, as performance.now(). */
  startMs: number;
  random: () => number;
  /** Posts of the source, where that is known. */
  posts: number | null;
  /** More posts than the source holds, from an index on; null: there are no more. */
  onward: ((firstIndex: number) => Iterable<Post>) | null;
  /** Folder of the bucket on this machine, or null. */
  bucketDir: string | null;
}

/** @returns 0 if everything adds up, 1 if not; also after a Ctrl-C, which only ends the posting. */
export async function streamCommand(
  target: Target,
  flags: StreamFlags,
  world: StreamWorld,
  { signal, progress }: { signal: AbortSignal; progress: Progress },
): Promise<number> {
  const outDir = `${flags.out}/stream`;
  const startedAt = new Date(Date.now() - (performance.now() - world.startMs)).toISOString();
  const result = await runStream(target, {
    source: world.source,
    stateDir: world.stateDir,
    outDir,
    rows: rowsOf(flags),
    postsExpected: flags.for === undefined ? rowsOf(flags) ?? world.posts : null,
    postForMs: flags.for ?? null,
    recordsPerSecond: flags.rate ?? null,
    onward: world.onward,
    answers: flags.answers === true,
    batchSize: flags.batchSize,
    flush: { records: flags.flushRecords, bytes: flags.flushBytes, ageMs: flags.flushAge },
    deltaDir: flags.deltaDir ?? null,
    bucketDir: world.bucketDir,
    acceptGap: flags.acceptGap === true,
    giveUpAfterMs: flags.giveUpAfter * 1000,
    random: world.random,
    stopPosting: signal,
    progress,
    onTrouble: (what) => say(`Note: ${what}`),
  });
  progress.stop();
  const report = await writeReport(result, target, flags, outDir, startedAt);
  const summary = summarise(result, target, flags, world, { outDir, report, startedAt });
  await writeWhole(`${outDir}/summary.json`, shownJson(summary));
  show(result, summary, flags);
  return summary.ok ? 0 : 1;
}

/** The whole source unless a number or a time says otherwise; null: no end but the source's. */
function rowsOf({ rows }: StreamFlags): number | null {
  return rows === undefined || rows === "all" ? null : rows;
}

interface Written {
  outDir: string;
  report: string;
  startedAt: string;
}

function summarise(
  result: StreamResult,
  target: Target,
  flags: StreamFlags,
  world: StreamWorld,
  { outDir, report, startedAt }: Written,
): StreamSummary {
  const { ingested, proof, answers, seconds } = result;
  return {
    run: startedAt,
    target: target.name,
    engine: "duckdb",
    seed: flags.seed,
    id: target.id,
    source: world.source,
    limits: flags.target === "sim" && flags.endpoints === undefined ? flags.limits : null,
    ok: proof.reconciled,
    hops: proof.hops,
    thisRun: { ...proof.thisRun, resent: perTable((table) => ingested.tables[table].resent) },
    reconciled: proof.reconciled,
    problems: [...proof.problems, ...ingested.refusals],
    gaps: result.gaps,
    rejects: result.rejects,
    commits: result.commits,
    latencyMs: result.latencyMs,
    recordsPerSecond: result.recordsPerSecond,
    tables: result.tables,
    answers: Object.fromEntries(
      answers.entries().map(([name, { rows, file }]) =>
        [name, { rows: rows.length, file }] as const
      ),
    ),
    seconds: {
      total: (performance.now() - world.startMs) / 1000,
      setUp: world.setUpSeconds,
      ...seconds,
    },
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    files: { report, answers: answers.size > 0 ? `${outDir}/answers` : null },
  };
}

async function writeReport(
  result: StreamResult,
  target: Target,
  flags: StreamFlags,
  outDir: string,
  startedAt: string,
): Promise<string> {
  const { htmlReport } = await import("../report/html.ts");
  const html = await htmlReport({
    facts: [
      ["run", startedAt],
      ["target", target.name],
      ["id", target.id],
      ["seed", String(flags.seed)],
      ["commits", String(result.commits)],
      ["latency", latencyWords(result.latencyMs)],
    ],
    answers: answerTables(result.answers),
    reconciled: result.proof.reconciled,
    proof: proofTable(result.proof.hops),
    problems: sentences(result),
    rejects: rejectTable(result.rejects),
  });
  const file = `${outDir}/report.html`;
  await writeWhole(file, html);
  return file;
}

function sentences({ proof, ingested, gaps }: StreamResult): string[] {
  return [
    ...problemLines(proof.problems),
    ...refusalLines(ingested.refusals),
    ...gaps.map(({ stream, shardId, position }) =>
      `Gap accepted: records of ${stream} ${shardId} behind ${position} had left the stream unread`
    ),
  ];
}

function show(result: StreamResult, summary: StreamSummary, flags: StreamFlags): void {
  for (const line of sentences(result)) say(line);
  if (flags.json) return print(shownJson(summary));
  if (!flags.quiet) {
    showAnswers(result, summary);
    print(textTable(deltaTables(summary), { title: "The Delta tables" }));
    if (summary.rejects.length > 0) {
      print(textTable(rejectTable(result.rejects), { title: "Rejects" }));
    }
    print(textTable(proofTable(summary.hops), { title: "The proof" }));
  }
  print(closingLine(summary));
}

function showAnswers(result: StreamResult, summary: StreamSummary): void {
  const tables = answerTables(result.answers);
  for (const { name, title } of questions) {
    const [table, file] = [tables.get(name), summary.answers[name]?.file];
    if (table !== undefined) print(textTable(table, { title, ...(file && { file }) }));
  }
}

function deltaTables({ tables }: StreamSummary): Table {
  return {
    columns: ["table", "rows", "version", "files", "where"],
    rows: Object.entries(tables).map(([name, { rows, version, files, uri, localPath }]) => [
      name,
      rows,
      String(version),
      files,
      localPath ?? uri,
    ]),
  };
}

function closingLine(summary: StreamSummary): string {
  const { reconciled, seconds, commits, latencyMs, recordsPerSecond, files, thisRun } = summary;
  const postedCount = tableNames.reduce((sum, table) => sum + thisRun.posted[table], 0);
  const verdict = reconciled
    ? "Reconciled: every post is in its table exactly once."
    : "NOT reconciled: see above.";
  const speed = postedCount === 0
    ? "nothing new was posted"
    : `${recordsPerSecond.toLocaleString("en-GB")} records/s, ${commits} commits, ` +
      `post to commit ${latencyWords(latencyMs)}`;
  return `${verdict} ${seconds.total.toFixed(1)} s, ${speed}. Report: ${files.report}`;
}

function latencyWords(latencyMs: StreamSummary["latencyMs"]): string {
  if (latencyMs === null) return "-";
  return `p50 ${Math.round(latencyMs.p50)} ms, p95 ${Math.round(latencyMs.p95)} ms`;
}

/** Sequence numbers and counts may be beyond what a double holds. */
function shownJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_, inner) => typeof inner === "bigint" ? String(inner) : inner,
    2,
  );
}
