/**
 * The `stream` command behind its flags: runs the pipeline, shows the tables, the answers and the
 * proof, and says by its exit code whether everything adds up.
 */
import process from "node:process";
import type { StreamFlags } from "../cli/program.ts";
import type { Told } from "../cli/told.ts";
import type { Post } from "../posts.ts";
import type { Table } from "../report/answers.ts";
import {
  answerSummaries,
  documentText,
  type Outcome,
  tell,
  writeReport,
} from "../report/outcome.ts";
import { problemLines, refusalLines, writeWhole } from "../report/proof.ts";
import { speed, verdict } from "../report/verdict.ts";
import { checkStateFolder } from "../state_folder.ts";
import { perTable, tableNames } from "../tables.ts";
import type { Target } from "../target.ts";
import { identityOf, runStream, type StreamResult } from "./mod.ts";
import type { StreamSummary } from "./summary.ts";

export interface StreamWorld {
  source: string;
  stateDir: string;
  setUpSeconds: number;
  /** When the program began, as performance.now(). */
  startMs: number;
  random: () => number;
  /** What was found in the source that a person may not expect. */
  notes: readonly string[];
  /** Rows of the source that were unreadable, as a list; null: there are none. */
  unreadable: string | null;
  /** Posts of the source, where that is known. */
  posts: number | null;
  /** More posts than the source holds, from an index on; null: there are no more. */
  onward: ((firstIndex: number) => Iterable<Post>) | null;
  /** Folder of the bucket on this machine, or null. */
  bucketDir: string | null;
  /** Fires when the run cannot go on, with the reason. */
  failed: AbortSignal;
}

/** @returns 0 if everything adds up, 1 if not; also after a Ctrl-C, which only ends the posting. */
export async function streamCommand(
  target: Target,
  flags: StreamFlags,
  world: StreamWorld,
  { signal, told }: { signal: AbortSignal; told: Told },
): Promise<number> {
  const outDir = `${flags.out}/stream`;
  const startedAt = new Date(Date.now() - (performance.now() - world.startMs)).toISOString();
  const result = await runStream(target, {
    source: world.source,
    without: flags.without,
    unreadable: world.unreadable,
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
    failed: world.failed,
    tell: told.tell,
  });
  told.stopDrawing();
  const outcome = outcomeOf(result, flags);
  const facts: [string, string][] = [
    ["run", startedAt],
    ["target", target.name],
    ["id", target.id],
    ["seed", String(flags.seed)],
    ["commits", String(result.commits)],
    ["latency", latencyWords(result.latencyMs)],
  ];
  const report = await writeReport(outcome, facts, outDir);
  const summary = summarise(result, target, flags, world, { outDir, report, startedAt });
  await writeWhole(`${outDir}/summary.json`, documentText(summary));
  tell(outcome, {
    ...flags,
    summary,
    tables: [{ title: "The Delta tables", table: deltaTables(summary) }],
    closing: closingLine(summary),
  });
  return summary.ok ? 0 : 1;
}

/**
 * What can be said about a run on its folder (null: a new one) before anything is started or
 * written.
 * @throws {UsageError} naming what differs from the folder's run.
 */
export async function checkRun(
  target: Target,
  flags: StreamFlags,
  { source, stateDir }: { source: string; stateDir: string | null },
): Promise<void> {
  const identity = identityOf(target, { source, deltaDir: flags.deltaDir ?? null });
  if (stateDir !== null) await checkStateFolder(stateDir, identity);
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
    without: flags.without,
    notes: world.notes,
    limits: flags.target === "sim" && flags.endpoints === undefined ? flags.limits : null,
    ok: proof.reconciled,
    hops: proof.hops,
    thisRun: { ...proof.thisRun, resent: perTable((table) => ingested.tables[table].resent) },
    reconciled: proof.reconciled,
    problems: [...proof.problems, ...ingested.refusals],
    gaps: result.gaps,
    rejects: result.rejects,
    nulled: result.nulled,
    commits: result.commits,
    latencyMs: result.latencyMs,
    recordsPerSecond: result.recordsPerSecond,
    tables: result.tables,
    answers: answerSummaries({ answers, without: flags.without }),
    seconds: {
      total: (performance.now() - world.startMs) / 1000,
      setUp: world.setUpSeconds,
      ...seconds,
    },
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    files: {
      report,
      nulled: `${outDir}/nulled.csv`,
      answers: answers.size > 0 ? `${outDir}/answers` : null,
    },
  };
}

function outcomeOf(result: StreamResult, { without }: StreamFlags): Outcome {
  const { answers, proof, rejects, nulled } = result;
  const { reconciled, hops } = proof;
  return { answers, reconciled, hops, rejects, nulled, without, sentences: sentences(result) };
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
  const { seconds, commits, latencyMs, files, thisRun, tables } = summary;
  const { uri = "", localPath = null } = tables["rejects"] ?? {};
  const found = verdict(summary, "every post is in its table exactly once", localPath ?? uri);
  const count = tableNames.reduce((sum, table) => sum + thisRun.read[table], 0);
  const work = count === 0
    ? "Nothing new was posted"
    : `${speed(count, "records", seconds.stream)}, ${commits} commits, ` +
      `post to commit ${latencyWords(latencyMs)}`;
  return `${found} ${work}; set up in ${seconds.setUp.toFixed(1)} s. Report: ${files.report}`;
}

function latencyWords(latencyMs: StreamSummary["latencyMs"]): string {
  if (latencyMs === null) return "-";
  return `p50 ${Math.round(latencyMs.p50)} ms, p95 ${Math.round(latencyMs.p95)} ms`;
}
