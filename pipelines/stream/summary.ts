/**
 * Summary: what the stages of a stream counted -> the one JSON document of `stream --json`.
 */
import type { Counts } from "../record/proof.ts";
import type { AnswerSummary } from "../report/outcome.ts";
import type { TableName } from "../tables.ts";
import type { Nulled } from "../warehouse/nulled.ts";

/** The hops of a stream, in the order in which a record takes them. */
export const streamHopNames = [
  "source",
  "posted",
  "read",
  "committed",
  "duplicates",
  "rejected",
] as const;
/** `unreadable`: rows of source files that no reader could take, if there are any. */
export type StreamHops = Record<typeof streamHopNames[number], Counts> & { unreadable?: Counts };

/** One Delta table after the run. */
export interface TableSummary {
  /** `s3://…` or `file://…`. */
  uri: string;
  /** Its folder on this machine, if it has one. */
  localPath: string | null;
  version: number;
  rows: number;
  /** Data files that make up this version. */
  files: number;
}

export interface StreamSummary {
  /** When the run began, ISO 8601, UTC. */
  run: string;
  target: "sim" | "aws";
  engine: "duckdb";
  seed: number;
  id: string;
  source: string;
  /** Tables of the source that were left out. */
  without: readonly TableName[];
  /** What was found in the source that a person may not expect. */
  notes: readonly string[];
  /** Shards of the simulated streams have AWS's throughput, or no limit; null: not simulated here. */
  limits: "on" | "off" | null;
  /** Done, and everything adds up. */
  ok: boolean;
  /** All runs on the same `--data` together. */
  hops: StreamHops;
  /** Of this run alone; `resent`: records sent once more. */
  thisRun: StreamHops & { resent: Counts };
  reconciled: boolean;
  /** What does not add up, with the first rows, and what could not be posted. */
  problems: readonly unknown[];
  /** Ranges that had left the streams unread (`--accept-gap`). */
  gaps: readonly { stream: string; shardId: string; position: string }[];
  rejects: readonly { table: TableName; reason: string; count: number }[];
  /** Cells that held something and became null, of all runs on the same tables together. */
  nulled: readonly Nulled[];
  /** Of this run: clean tables and rejects together. */
  commits: number;
  /** From post to visible commit, in this run; null: nothing was committed. */
  latencyMs: { p50: number; p95: number; max: number } | null;
  /** Records of this run over the time from the first post to the last commit. */
  recordsPerSecond: number;
  tables: Record<string, TableSummary>;
  /** With `--answers`. */
  answers: Record<string, AnswerSummary>;
  seconds: Record<string, number> & { total: number; setUp: number; stream: number };
  peakRssBytes: number;
  files: { report: string; nulled: string; answers: string | null };
}
