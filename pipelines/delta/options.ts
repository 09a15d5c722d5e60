/** Options: what a table is opened with, what a commit may carry, and what comes of it. */
import type { OnStep } from "../steps.ts";
import type { Landed } from "./commit.ts";
import type { DeltaColumn } from "./types.ts";

export interface TableOptions {
  /** Local folder for files on their way; best on the disk of the table. Made when missing. */
  workDir: string;
  /** Default: the clock of this machine. */
  nowMs?: () => number;
  /** New names for files and commits, never the same twice. Default: random UUIDs. */
  newId?: () => string;
  /** Commits between two checkpoints, more for large tables. Default 20; 0: none by itself. */
  checkpointEvery?: number;
  /** Told of a checkpoint that could not be written: the commit before it stands. */
  onTrouble?: (error: Error) => void;
  onStep?: OnStep;
}

export interface CreateOptions extends TableOptions {
  columns: readonly DeltaColumn[];
  /** Table properties, as in `delta.appendOnly`. */
  configuration?: Record<string, string>;
}

export interface CommitExtra {
  /** Makes the commit number `version` of the series `appId`. */
  txn?: { appId: string; version: number };
  /** Goes into the commit, for whoever reads the log: positions, totals. */
  info?: Record<string, unknown>;
  operation?: string;
  /** Ends with DeltaConflict at any commit of another since `version`, a blind append included. */
  alone?: boolean;
}

export interface Committed extends Landed {
  /** Rows added. */
  rows: number;
  /** Bytes added. */
  bytes: number;
  /** Names of the files added. */
  files: string[];
  /** False: there was nothing to commit, and `version` is the one before. */
  isNew: boolean;
}
