/**
 * Summary: what the stages of a run counted -> the one JSON document of `batch --json`.
 */
import type { Counts } from "../record/proof.ts";
import type { AnswerSummary } from "../report/outcome.ts";
import type { TableName } from "../tables.ts";
import type { Comparison } from "./compare.ts";
import type { WrittenTable } from "./delta_tables.ts";
import type { Hops, Problem } from "./reconcile.ts";
import type { Refused } from "../record/lane.ts";
import type { Nulled } from "../warehouse/nulled.ts";
import type { AuditFinding } from "./transform.ts";

export interface BatchSummary {
  /** When the run began, ISO 8601, UTC. */
  run: string;
  target: "sim" | "aws";
  engine: "duckdb" | "databricks";
  seed: number;
  id: string;
  source: string;
  /** Tables of the source that were left out. */
  without: readonly TableName[];
  /** What was found in the source that a person may not expect. */
  notes: readonly string[];
  /** Done, and everything adds up. */
  ok: boolean;
  /** All runs on the same `--data` together. */
  hops: Hops;
  /** Of this run alone; `resent`: records sent once more, `stored`: records put into objects. */
  thisRun: Hops & { resent: Counts; stored: number };
  reconciled: boolean;
  /** What does not add up: the hop, the table, and the first rows that differ. */
  problems: readonly (Problem | Refused)[];
  answers: Record<string, AnswerSummary>;
  /** The clean tables and the rejects as Delta tables. */
  tables: Record<string, WrittenTable>;
  /** With `--compare-stream`: rows that only one of the two has. */
  compared?: Comparison;
  rejects: readonly { table: TableName; reason: string; count: number }[];
  /** Cells that held something and became null, of all that is in the clean tables. */
  nulled: readonly Nulled[];
  /** Promises of the clean tables that were not kept, and values that are odd. */
  audits: readonly AuditFinding[];
  /** `work`: from the first read to the proof; `total`: with starting, generating and loading. */
  seconds: Record<string, number> & { total: number; setUp: number; work: number };
  /** Posts of this run over `seconds.work`. */
  postsPerSecond: number;
  peakRssBytes: number;
  files: { report: string; rejects: string; nulled: string; clean: string; answers: string };
}
