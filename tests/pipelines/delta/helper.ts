/** What the tests of Delta tables share: a database, folders that vanish, rows in an order. */
import { RunError } from "../../../pipelines/errors.ts";
import {
  type CreateOptions,
  createTable,
  type DeltaColumn,
  type DeltaStorage,
  type DeltaTable,
  diskStorage,
  openTable,
  type Snapshot,
} from "../../../pipelines/delta/mod.ts";
import type { Step } from "../../../pipelines/steps.ts";
import { type DuckDbWarehouse, openDuckDb, type Row } from "../../../pipelines/warehouse/duckdb.ts";

export interface Given {
  db: DuckDbWarehouse;
  /** A folder of its own. */
  dir: string;
  workDir: string;
  storage: DeltaStorage;
  create(options?: Partial<CreateOptions>): Promise<DeltaTable>;
  open(options?: Partial<CreateOptions>): Promise<DeltaTable>;
}

export const numbered: DeltaColumn[] = [
  { name: "n", type: "integer" },
  { name: "text", type: "string" },
];

/**
 * A table on disk; it is not there yet.
 * @param shared a database that is there already; default: one of its own
 */
export async function withDisk(
  run: (given: Given) => Promise<void>,
  shared?: DuckDbWarehouse,
): Promise<void> {
  await withFolder(async (dir) => {
    await using stack = new AsyncDisposableStack();
    const db = shared ?? stack.use(await openDuckDb({ threads: 1 }));
    await run(given(db, dir, diskStorage(`${dir}/table`)));
  });
}

export async function withFolder(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await run(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

export function given(db: DuckDbWarehouse, dir: string, storage: DeltaStorage): Given {
  const workDir = `${dir}/work`;
  return {
    db,
    dir,
    workDir,
    storage,
    create: (options) => createTable(storage, db, { columns: numbered, workDir, ...options }),
    async open(options) {
      const table = await openTable(storage, db, { workDir, ...options });
      if (table === null) throw new Error("There is no table");
      return table;
    },
  };
}

/** A query with these numbers as `n`. */
export function numbers(...values: number[]): string {
  const rows = values.map((n) => `(${n}, 'text ${n}')`).join(", ");
  return `SELECT * FROM (VALUES ${rows}) AS v(n, text)`;
}

export async function rowsOf(db: DuckDbWarehouse, table: Snapshot, order = "n"): Promise<Row[]> {
  return await db.rows(`SELECT * FROM ${await table.scan()} ORDER BY ${order}`);
}

/** The numbers in the table, ascending, repeated as often as they are there. */
export async function numbersIn(db: DuckDbWarehouse, table: Snapshot): Promise<number[]> {
  return (await rowsOf(db, table)).map((row) => Number(row["n"]));
}

/** The process that dies, as far as a test within one process can show it. */
export class Killed extends Error {}

/** Dies at the nth time that this step is reached; counts on afterwards. */
export function killAt(step: Step, nth = 1): (at: Step) => void {
  let count = 0;
  return (at) => {
    if (at === step && ++count === nth) throw new Killed(step);
  };
}

/** The message of the error that this must end with. */
export async function messageOf(
  work: Promise<unknown>,
  kind = RunError as ErrorKind,
): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof kind) return error.message;
    throw error;
  }
  throw new Error("Nothing was refused");
}

type ErrorKind = new (...args: never[]) => Error;
