/**
 * Types: what a check reads and what it finds. Every finding names its file and line.
 *
 *   project   models, source tables and test cases of a folder of SQL
 *   case      rows given, rows expected, of one model
 *   result    the differences, cell by cell
 */
import type { Column } from "../../sql/dialect/mod.ts";
import type { AuditRule, Severity } from "../warehouse/audit_rules.ts";
import type { Model } from "../warehouse/models.ts";
import type { Value } from "../values.ts";

/** Something cannot be read or run: one sentence. */
export interface Problem {
  file: string;
  line: number;
  column?: number;
  message: string;
}

export interface Project {
  /** The folder of the models, as it was named. */
  folder: string;
  /** Folders of test files, as they were named. */
  testFolders: readonly string[];
  /** By name, each after those it reads. */
  models: ReadonlyMap<string, ProjectModel>;
  /** Tables that no model makes, from `schema.sql` and from the models' own headers. */
  sources: ReadonlyMap<string, readonly Column[]>;
  /** In the order of their files and lines. */
  cases: readonly TestCase[];
  /** Rows that audits run over, by source table. */
  samples: ReadonlyMap<string, RowSet>;
  /** Files that cannot be read, models that cannot be used; the others are checked all the same. */
  problems: readonly Problem[];
}

export interface ProjectModel extends Model {
  /** Where the file stands on disk. */
  path: string;
  audits: readonly AuditRule[];
}

export type { AuditRule, Severity } from "../warehouse/audit_rules.ts";

/** An audit whose promise is broken. */
export interface AuditFinding {
  model: string;
  severity: Severity;
  promise: string;
  /** How many rows break it; `isMore` if there are more than were read. */
  rowCount: number;
  isMore: boolean;
  /** Keys of the first of them: `7`, or `country Chad, category art`. */
  keys: readonly string[];
  file: string;
  line: number;
}

export interface TestCase {
  name: string;
  /** Name of the model. */
  model: string;
  file: string;
  line: number;
  /** What the clock shows, `2020-08-28T03:52:47Z`; null: the model may not look at it. */
  at: string | null;
  given: readonly Given[];
  expects: readonly Expectation[];
}

export interface Given {
  table: string;
  /** All tables that take these rows; each takes the columns it has. */
  among: readonly string[];
  line: number;
  rows: RowSet;
}

export interface Expectation {
  /** Null: the model itself. */
  cte: string | null;
  isOrdered: boolean;
  line: number;
  rows: RowSet;
}

export interface RowSet {
  /** The file that lines of the rows count in. */
  file: string;
  /** Where the columns are named. */
  line: number;
  columns: readonly TestColumn[];
  rows: readonly TestRow[];
}

export interface TestColumn {
  name: string;
  /** Databricks type, where the test names one. */
  type: string | null;
}

export interface TestRow {
  line: number;
  /** In the order of the columns; undefined: not given, or free. */
  cells: readonly (Cell | undefined)[];
}

/** Bare text takes the type of its column; a value has a type of its own. */
export type Cell =
  | { kind: "bare"; text: string }
  | { kind: "value"; value: Value };

export interface CaseResult {
  case: TestCase;
  ok: boolean;
  durationMs: number;
  /** In the order of the expectations and of their rows. */
  differences: readonly Difference[];
  /** Why it could not be run, if so. */
  problems: readonly Problem[];
}

/** Values are shown as a test file writes them. */
export interface ShownCell {
  column: string;
  value: string;
}

export type Difference =
  | {
    kind: "cell";
    cte: string | null;
    /** What tells the row from others. */
    key: readonly ShownCell[];
    column: string;
    expected: string;
    actual: string;
    file: string;
    line: number;
  }
  | {
    /** `missing` was expected and is not there, `extra` is there and was not expected. */
    kind: "missing" | "extra";
    cte: string | null;
    key: readonly ShownCell[];
    /** The cells of the expected columns. */
    row: readonly ShownCell[];
    file: string;
    line: number;
  }
  | {
    kind: "order";
    cte: string | null;
    key: readonly ShownCell[];
    /** Both count from 1. */
    expectedPlace: number;
    actualPlace: number;
    file: string;
    line: number;
  };
