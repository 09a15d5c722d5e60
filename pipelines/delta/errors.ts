/**
 * Errors of the Delta log: why a commit was not made, or a table not touched.
 */
import { RunError, UsageError } from "../errors.ts";

/** A commit by another carries our application's id: somebody else is working under it. */
export class Fenced extends RunError {
  readonly appId: string;
  /** The version of the table whose commit carries it. */
  readonly tableVersion: number;
  constructor(message: string, { appId, tableVersion }: { appId: string; tableVersion: number }) {
    super(message);
    this.appId = appId;
    this.tableVersion = tableVersion;
  }
}

/**
 * Others committed what ours does not go together with: reload and decide anew. Nothing of ours
 * is in the table.
 */
export class DeltaConflict extends RunError {
  readonly tableVersion: number;
  constructor(message: string, { tableVersion }: { tableVersion: number }) {
    super(message);
    this.tableVersion = tableVersion;
  }
}

/** A table was to be created where there is one. */
export class TableExists extends UsageError {}

/** The table has a feature that we do not know, so that reading or writing it would be wrong. */
export class UnsupportedTable extends UsageError {}
