/**
 * A foreign reader and writer of Delta tables: delta-rs, or Spark with Delta, as one running
 * program that is asked one question after another (Spark takes long to start).
 *
 * Rows travel as JSON whose values keep what JSON would lose: 64-bit integers and decimals as
 * text, instants as `2018-01-02T03:04:05.678901Z`, dates as `2020-02-29`, NaN by name.
 */
import { type DeltaColumn, schemaString, type Snapshot } from "../../pipelines/delta/mod.ts";
import type { DuckDbWarehouse } from "../../pipelines/warehouse/duckdb.ts";
import { Judge } from "./judge.ts";
import { deltaJars, deltaPython, java } from "./tools.ts";
import { quoted } from "../../pipelines/warehouse/quoting.ts";

export type Json = null | boolean | number | string | Json[];
export type JsonRow = Record<string, Json>;

export interface Schema {
  type: "struct";
  fields: DeltaColumn[];
}

/** What stands in the table's metadata for these columns. */
export function schemaOf(columns: readonly DeltaColumn[]): Schema {
  return JSON.parse(schemaString(columns));
}

export interface ReadTable {
  version: number | null;
  schema: Schema;
  rows: JsonRow[];
}

export interface AppendOptions {
  mode?: "append" | "overwrite";
  partitionBy?: string[];
  txn?: { app: string; version: number };
}

/** Which version: the newest, a number, or the one of a time (ISO 8601). */
export type Point = { version?: number; timestamp?: string };

/** One running program. Every method throws with its words where the program refuses. */
export class DeltaJudge implements AsyncDisposable {
  readonly #judge: Judge;

  private constructor(judge: Judge) {
    this.#judge = judge;
  }

  /** delta-rs; the options are those of its object store, for tables that are not on this disk. */
  static async deltaRs(options: Record<string, string> = {}): Promise<DeltaJudge> {
    const python = await deltaPython();
    return new DeltaJudge(
      await Judge.start(python, "delta_rs_judge.py", JSON.stringify(options)),
    );
  }

  /** Spark with Delta: ten seconds until it is there. */
  static async spark(): Promise<DeltaJudge> {
    await java();
    const python = await deltaPython();
    return new DeltaJudge(
      await Judge.start(python, "delta_spark_judge.py", await deltaJars()),
    );
  }

  async read(path: string, point: Point = {}): Promise<ReadTable> {
    return await this.#ask("read", { path, ...point }) as ReadTable;
  }

  /** Version and operation of each commit, the newest first. */
  async history(path: string): Promise<[number, string][]> {
    return await this.#ask("history", { path }) as [number, string][];
  }

  /** Makes the table if there is none. */
  async append(
    path: string,
    schema: Schema,
    rows: readonly JsonRow[],
    options: AppendOptions = {},
  ) {
    await this.#ask("append", { path, schema, rows, ...options });
  }

  async delete(path: string, where: string): Promise<void> {
    await this.#ask("delete", { path, where });
  }

  async optimize(path: string): Promise<void> {
    await this.#ask("optimize", { path });
  }

  /** Everything that the newest version does not need, however young. */
  async vacuum(path: string): Promise<void> {
    await this.#ask("vacuum", { path });
  }

  async setProperty(path: string, name: string, value: string): Promise<void> {
    await this.#ask("property", { path, name, value });
  }

  /** delta-rs only. */
  async txnVersion(path: string, app: string): Promise<number | null> {
    return await this.#ask("txn", { path, app }) as number | null;
  }

  /** delta-rs only; Spark writes checkpoints by itself. */
  async checkpoint(path: string): Promise<void> {
    await this.#ask("checkpoint", { path });
  }

  /** Reads the log and no rows; the newest version. */
  async open(path: string): Promise<number> {
    return await this.#ask("open", { path }) as number;
  }

  async #ask(what: string, question: Record<string, unknown>): Promise<unknown> {
    return await this.#judge.ask(what, question);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#judge[Symbol.asyncDispose]();
  }
}

/** The rows of one version as we read them, in the judges' form. */
export async function ourRows(db: DuckDbWarehouse, snapshot: Snapshot): Promise<JsonRow[]> {
  const columns = snapshot.columns.map(({ name, type }) => {
    const text = type === "long" || type === "date" || String(type).startsWith("decimal");
    if (text) return `CAST(${quoted(name)} AS VARCHAR) AS ${quoted(name)}`;
    if (type !== "timestamp") return quoted(name);
    const utc = `${quoted(name)} AT TIME ZONE 'UTC'`;
    return `strftime(${utc}, '%Y-%m-%dT%H:%M:%S.%fZ') AS ${quoted(name)}`;
  });
  const rows = await db.rows(`SELECT ${columns.join(", ")} FROM ${await snapshot.scan()}`);
  return rows.map((row) => JSON.parse(JSON.stringify(row, (_key, value) => named(value))));
}

function named(value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

/** In an order that is the same for everybody, as lines that a difference can be seen in. */
export function sorted(rows: readonly JsonRow[]): string[] {
  return rows.map((row) =>
    JSON.stringify(Object.fromEntries(Object.entries(row).sort(([a], [b]) => a < b ? -1 : 1)))
  ).sort();
}
