/**
 * Steps: the moments of a stream's life at which a process may die, by name.
 *
 * Tests end the process at exactly such a moment (`onStep`) and start it again: unlike an event
 * (events.ts) a step is waited for, and may throw. Between two steps the state that survives is
 * the same, so that these moments are all there are.
 */
export const steps = {
  "put-unacknowledged": "records are in the stream, their acknowledgement is not in the ledger",
  "records-read": "records were read from a shard and are in memory only",
  "rejects-committed": "the rejects of a batch are committed, its clean rows are not",
  "parquet-written": "a data file is stored, and no commit names it",
  "commit-staged": "a commit stands in its temporary file (on disk) or is about to be put (on S3)",
  "commit-stored": "a commit is stored, and its writer does not know yet",
  "before-mirror": "a commit is known, the positions beside the log are the old ones",
  "mirror-staged": "the mirror of the positions is half-way",
  "checkpoint-staged": "a checkpoint is being written",
  "checkpoint-stored": "a checkpoint is stored, `_last_checkpoint` still points to the one before",
  "compaction-staged": "a compacted file is stored, and no commit names it",
} as const;

export type Step = keyof typeof steps;

/** Called at each step; what it throws ends the run there. */
export type OnStep = (step: Step) => void | Promise<void>;
