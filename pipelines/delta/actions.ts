/**
 * Actions: the lines of a commit <-> what they say.
 *
 * Of each action we keep the fields that we use; what we do not know is left alone, as the
 * protocol asks of readers (a table that needs more says so in its `protocol`).
 *
 * Source: the Delta protocol, "Actions".
 */
import { RunError } from "../errors.ts";
import { UnsupportedTable } from "./errors.ts";

export interface Protocol {
  minReaderVersion: number;
  minWriterVersion: number;
  readerFeatures?: string[];
  writerFeatures?: string[];
}

export interface Metadata {
  id: string;
  name?: string;
  description?: string;
  format: { provider: string; options?: Record<string, string> };
  schemaString: string;
  partitionColumns: string[];
  createdTime?: number;
  configuration: Record<string, string>;
}

export interface Add {
  path: string;
  partitionValues: Record<string, string | null>;
  size: number;
  modificationTime: number;
  dataChange: boolean;
  stats?: string;
  tags?: Record<string, string>;
  deletionVector?: unknown;
}

export interface Remove {
  path: string;
  dataChange: boolean;
  deletionTimestamp?: number;
  extendedFileMetadata?: boolean;
  partitionValues?: Record<string, string | null>;
  size?: number;
  tags?: Record<string, string>;
}

export interface Txn {
  appId: string;
  version: number;
  lastUpdated?: number;
}

export type CommitInfo = Record<string, unknown>;

/** One action has exactly one of these. */
export interface Action {
  protocol?: Protocol;
  metaData?: Metadata;
  add?: Add;
  remove?: Remove;
  txn?: Txn;
  commitInfo?: CommitInfo;
}

export function encodeActions(actions: readonly Action[]): Uint8Array {
  return new TextEncoder().encode(actions.map((action) => `${JSON.stringify(action)}\n`).join(""));
}

/**
 * @param name the file, for messages
 * @throws {RunError} a line is no action of the log's form
 */
export function decodeActions(bytes: Uint8Array, name: string): Action[] {
  const lines = new TextDecoder().decode(bytes).split("\n");
  const actions: Action[] = [];
  for (const [at, line] of lines.entries()) {
    if (line.trim() === "") continue;
    actions.push(checkAction(parseLine(line, name, at + 1), name, at + 1));
  }
  return actions;
}

function parseLine(line: string, name: string, number: number): unknown {
  try {
    refuseRounding(line, name);
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof UnsupportedTable) throw error;
    throw damaged(name, number, `is no JSON: ${line.slice(0, 80)}`);
  }
}

/**
 * The numbers of a series have 64 bits, ours 53: one that would be rounded is refused.
 * @throws {UnsupportedTable}
 */
export function refuseRounding(line: string, name: string): void {
  if (!line.includes('"txn"') && !line.includes('"appId"')) return;
  for (const [, digits = ""] of line.matchAll(/"version"\s*:\s*(-?[0-9]{16,})/g)) {
    if (String(Number(digits)) === digits) continue;
    throw new UnsupportedTable(
      `Cannot read ${name}: a transaction has the number ${digits}, we count to 2^53`,
    );
  }
}

/** What must be in each action for us to go on; an optional field that is null is as good as absent. */
const required: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  protocol: { minReaderVersion: "number", minWriterVersion: "number" },
  metaData: { id: "string", schemaString: "string" },
  add: { path: "string" },
  remove: { path: "string" },
  txn: { appId: "string", version: "number" },
  commitInfo: {},
};

/** @throws {RunError} a field is missing or of another kind */
export function checkAction(value: unknown, name: string, number: number): Action {
  if (!isRecord(value)) throw damaged(name, number, "is no object");
  const action: Record<string, unknown> = {};
  for (const [kind, fields] of Object.entries(required)) {
    const found = value[kind];
    if (found === undefined || found === null) continue;
    if (!isRecord(found)) throw damaged(name, number, `has a ${kind} that is no object`);
    const kept = withoutNulls(found);
    for (const [field, type] of Object.entries(fields)) {
      const found: string = typeof kept[field];
      if (found === type) continue;
      throw damaged(name, number, `has a ${kind} without ${field}`);
    }
    action[kind] = { ...defaults[kind], ...kept };
  }
  return action;
}

/** What the protocol takes for granted where a field is not there. */
const defaults: Readonly<Record<string, Record<string, unknown>>> = {
  metaData: { format: { provider: "parquet" }, partitionColumns: [], configuration: {} },
  add: { partitionValues: {}, size: 0, modificationTime: 0, dataChange: true },
  remove: { dataChange: true },
};

function withoutNulls(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));
}

function damaged(name: string, number: number, found: string): RunError {
  return new RunError(`Cannot read ${name}: line ${number} ${found}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
