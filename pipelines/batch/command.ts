/**
 * The `batch` command behind its flags: runs the pipeline, prints answers and proof, writes the
 * report, and says by its exit code whether everything adds up.
 */
import process from "node:process";
import type { BatchFlags } from "../cli/program.ts";
import type { Told } from "../cli/told.ts";
import { UsageError } from "../errors.ts";
import { answerSummaries, type Outcome, tell, writeReport } from "../report/outcome.ts";
import { problemLines, type ProblemToTell, refusalLines } from "../report/proof.ts";
import { rate, speed, verdict } from "../report/verdict.ts";
import { habits } from "../settings.ts";
import { checkStateFolder } from "../state_folder.ts";
import { perTable, tableNames } from "../tables.ts";
import type { DatabricksTarget, Target } from "../target.ts";
import type { Comparison } from "./compare.ts";
import { type BatchResult, identityOf, runBatch } from "./mod.ts";
import { checkRejects } from "./replay.ts";
import { readSinkConfig } from "./sink_config.ts";
import type { BatchSummary } from "./summary.ts";

export interface BatchWorld {
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
  /** With `--engine databricks`: where it is. */
  databricks: DatabricksTarget | null;
}

/** @returns 0 if everything adds up, 1 if not. */
export async function batchCommand(
  target: Target,
  flags: BatchFlags,
  world: BatchWorld,
  { signal, told }: { signal: AbortSignal; told: Told },
): Promise<number> {
  const outDir = `${flags.out}/batch`;
  const startedAt = new Date(Date.now() - (performance.now() - world.startMs)).toISOString();
  const course = flags.course === true;
  const result = await runBatch(target, {
    source: world.source,
    without: flags.without,
    unreadable: world.unreadable,
    stateDir: world.stateDir,
    outDir,
    rows: rowsOf(flags),
    postsExpected: rowsOf(flags) ?? world.posts,
    course,
    pauses: flags.pauses,
    batchSize: flags.batchSize ?? habitOf(flags).batchSize,
    partitions: flags.partitions,
    sink: sinkProperties(flags),
    replay: flags.replay ?? null,
    giveUpAfterMs: flags.giveUpAfter * 1000,
    compareStream: flags.compareStream === true,
    databricks: world.databricks,
    random: world.random,
    signal,
    tell: told.tell,
  });
  told.stopDrawing();
  const outcome = outcomeOf(result, flags);
  const facts: [string, string][] = [
    ["run", startedAt],
    ["target", target.name],
    ["engine", flags.engine],
    ["id", target.id],
    ["seed", String(flags.seed)],
  ];
  const report = await writeReport(outcome, facts, outDir);
  const summary = summarise(result, target, flags, world, { outDir, report, startedAt });
  tell(outcome, {
    ...flags,
    summary,
    rejectsFile: summary.files.rejects,
    remarks: result.compared?.equal ? ["Equal to the stream's tables, row by row."] : [],
    closing: closingLine(summary, postCount(result.ingested)),
  });
  return summary.ok ? 0 : 1;
}

function habitOf({ course }: BatchFlags) {
  return course ? habits.course : habits.own;
}

function rowsOf(flags: BatchFlags): number | null {
  return flags.rows === "all" ? null : flags.rows ?? habitOf(flags).rows;
}

/**
 * What can be said about the flags before anything is started.
 * @throws {UsageError} naming the flag or the property.
 */
export function checkFlags(flags: BatchFlags): void {
  readSinkConfig(sinkProperties(flags));
}

/**
 * What can be said about a run on its folder (null: a new one) before anything is started or
 * written.
 * @throws {UsageError} naming what differs from the folder's run, or what is wrong with a file.
 */
export async function checkRun(
  target: Target,
  flags: BatchFlags,
  { source, stateDir }: { source: string; stateDir: string | null },
): Promise<void> {
  const { course = false, partitions, replay } = flags;
  const identity = identityOf(target, { source, course, partitions, sink: sinkProperties(flags) });
  if (stateDir !== null) await checkStateFolder(stateDir, identity);
  if (replay !== undefined) await checkRejects(replay);
}

/** What the sink's own properties change of where it reads and lands. */
export function sinkPlaceOf(flags: BatchFlags) {
  const properties = sinkProperties(flags);
  const { topicsDir, directoryDelimiter } = readSinkConfig(properties);
  const { name, "s3.bucket.name": bucket } = properties;
  return { topicsDir, directoryDelimiter, bucket, sinkGroup: name && `connect-${name}` };
}

/** `--flush-size` and every `--sink name=value`, over the defaults. */
function sinkProperties(flags: BatchFlags): Record<string, string> {
  const properties: Record<string, string> = {
    "flush.size": String(flags.flushSize ?? habitOf(flags).flushSize),
  };
  for (const text of flags.sink) {
    const [name, ...value] = text.split("=");
    if (name === undefined || value.length === 0) {
      throw new UsageError(`--sink is '${text}': must be property=value, e.g. flush.size=3`);
    }
    if (name === "flush.size" && flags.flushSize !== undefined) {
      throw new UsageError(
        "--flush-size and --sink flush.size are the same thing: give one of them",
      );
    }
    properties[name] = value.join("=");
  }
  return properties;
}

interface Written {
  outDir: string;
  report: string;
  startedAt: string;
}

function summarise(
  { ingested, landed, transformed, deltaTables, compared, reconciled, seconds }: BatchResult,
  target: Target,
  flags: BatchFlags,
  world: BatchWorld,
  { outDir, report, startedAt }: Written,
): BatchSummary {
  const work = Math.max(seconds.ingest, seconds.land) + seconds.transform + seconds.reconcile;
  const { answers } = transformed;
  return {
    run: startedAt,
    target: target.name,
    engine: flags.engine,
    seed: flags.seed,
    id: target.id,
    source: world.source,
    without: flags.without,
    notes: world.notes,
    ok: reconciled.reconciled && compared?.equal !== false,
    hops: reconciled.hops,
    thisRun: {
      ...(reconciled.thisRun ?? reconciled.hops),
      resent: perTable((table) => ingested.tables[table].resent),
      stored: landed.recordCount + landed.rejectCount,
    },
    reconciled: reconciled.reconciled,
    problems: [...reconciled.problems, ...ingested.refusals],
    answers: answerSummaries({ answers, without: flags.without }),
    tables: deltaTables,
    ...(compared === null ? {} : { compared }),
    rejects: transformed.rejects,
    nulled: transformed.nulled,
    audits: transformed.audits,
    seconds: {
      total: (performance.now() - world.startMs) / 1000,
      setUp: world.setUpSeconds,
      work,
      ...seconds,
    },
    postsPerSecond: rate(postCount(ingested), work),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    files: {
      report,
      rejects: `${outDir}/rejects.csv`,
      nulled: `${outDir}/nulled.csv`,
      clean: `${outDir}/clean`,
      answers: `${outDir}/answers`,
    },
  };
}

/** Posts of this run: a post has a row in the table that has the most. */
function postCount({ tables }: BatchResult["ingested"]): number {
  return Math.max(...tableNames.map((table) => tables[table].postedThisRun));
}

function outcomeOf(result: BatchResult, { without }: BatchFlags): Outcome {
  const { answers, rejects, nulled } = result.transformed;
  const { reconciled, hops } = result.reconciled;
  return { answers, reconciled, hops, rejects, nulled, without, sentences: sentences(result) };
}

/** Everything that does not add up, and every record that could not be posted, a line each. */
function sentences({ reconciled, ingested, compared }: BatchResult): string[] {
  return [
    ...problemLines(reconciled.problems),
    ...refusalLines(ingested.refusals),
    ...problemLines(compared === null ? [] : differences(compared)),
  ];
}

function differences({ tables }: Comparison): ProblemToTell[] {
  return tableNames.flatMap((table) => {
    const { onlyInBatch, onlyInStream, firstRows } = tables[table];
    if (onlyInBatch + onlyInStream === 0) return [];
    const what = `${onlyInBatch} rows are in the batch only, ${onlyInStream} in the stream only`;
    return [{ hop: "compared", table, what, firstRows }];
  });
}

function closingLine(summary: BatchSummary, posts: number): string {
  const { seconds, files } = summary;
  const found = verdict(summary, "every row arrived exactly once", files.rejects);
  const work = posts === 0 ? "Nothing new was posted" : speed(posts, "posts", seconds.work);
  return `${found} ${work}; set up in ${seconds.setUp.toFixed(1)} s. Report: ${files.report}`;
}
