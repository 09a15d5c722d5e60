/**
 * Summary: what the stages of a run counted -> the one JSON document of `batch --json`.
 */
import type { TableName } from "../tables.ts";

/** A count for each table. */
export type PerTable = Record<TableName, number>;

/** The places that every record passes; landed = cleaned + duplicates + rejected. */
export interface Hops {
  source: PerTable;
  posted: PerTable;
  landed: PerTable;
  cleaned: PerTable;
  duplicates: PerTable;
  rejected: PerTable;
}

export interface BatchSummary {
  /** When the run began, ISO 8601, UTC. */
  run: string;
  target: "sim" | "aws";
  engine: "duckdb";
  seed: number;
  id: string;
  source: string;
  /** Done, and everything adds up. */
  ok: boolean;
  /** All runs on the same `--data` together. */
  hops: Hops;
  /** Of this run alone: what it read and posted, and what it stored in objects. */
  thisRun: { source: PerTable; posted: PerTable; resent: PerTable; stored: number };
  reconciled: boolean;
  /** What does not add up: the hop, the table, and the first rows that differ. */
  problems: readonly unknown[];
  answers: Record<string, { rows: number; file: string }>;
  rejects: readonly { table: TableName; reason: string; count: number }[];
  /** Promises of the clean tables that were not kept, and values that became null. */
  audits: readonly unknown[];
  seconds: Record<string, number> & { total: number };
  /** Posts of this run over the time from the first read to the proof. */
  postsPerSecond: number;
  peakRssBytes: number;
  files: { report: string; rejects: string; clean: string; answers: string };
}
