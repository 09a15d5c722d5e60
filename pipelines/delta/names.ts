/**
 * Names: versions and data files <-> what they are called on storage and in the log.
 *
 * Source: the Delta protocol, "File Types" and "Add File".
 */
import { UnsupportedTable } from "./errors.ts";

export const logFolder = "_delta_log/";
export const lastCheckpointName = `${logFolder}_last_checkpoint`;

function padded(version: number): string {
  return String(version).padStart(20, "0");
}

export function commitName(version: number): string {
  return `${logFolder}${padded(version)}.json`;
}

export function checkpointName(version: number): string {
  return `${logFolder}${padded(version)}.checkpoint.parquet`;
}

/** Sorts before everything of this version and after everything of the one before. */
export function logStart(version: number): string {
  return `${logFolder}${padded(version)}`;
}

export interface CheckpointFile {
  version: number;
  /** From 1; one of one for a whole checkpoint. */
  part: number;
  partCount: number;
}

/** The version of a commit's name; null for every other name. */
export function commitVersion(name: string): number | null {
  const digits = /^_delta_log\/([0-9]{20})[.]json$/.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** Checkpoints in one or several files. */
export function checkpointFile(name: string): CheckpointFile | null {
  const found = /^_delta_log\/([0-9]{20})[.]checkpoint(?:[.]([0-9]{10})[.]([0-9]{10}))?[.]parquet$/
    .exec(name);
  if (found === null) return null;
  const [, version, part = 1, partCount = 1] = found;
  return { version: Number(version), part: Number(part), partCount: Number(partCount) };
}

/** A checkpoint of the feature v2Checkpoint, with a UUID in its name. */
export function isOtherCheckpoint(name: string): boolean {
  return /^_delta_log\/[0-9]{20}[.]checkpoint[.][0-9a-f-]{36}[.](json|parquet)$/.test(name);
}

/**
 * A path of the log as the name of a file below the table.
 * @throws {UnsupportedTable} it is absolute, or leads out of the table
 */
export function fileName(path: string, table: string): string {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:|^\//.test(path)) {
    throw new UnsupportedTable(
      `Cannot read ${table}: its log names the file ${path} by its absolute address (a shallow ` +
        `clone?), and we read only what is below the table`,
    );
  }
  const name = decoded(path, table);
  if (name.split("/").some((part) => part === ".." || part === "." || part === "")) {
    throw new UnsupportedTable(`Cannot read ${table}: the path ${path} leads out of the table`);
  }
  return name;
}

function decoded(path: string, table: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new UnsupportedTable(`Cannot read ${table}: the path ${path} is not URI-encoded`);
  }
}
