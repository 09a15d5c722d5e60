/**
 * Record SQL: the texts of `sql/records/` -> statements for one engine and one table.
 *
 *   in    what the engine reads, as relations; the table's columns
 *   out   queries in Databricks SQL, or the same behind the dialect for DuckDB
 *
 * Every engine judges records by these four texts: key, flaw, first landing, duplicate, reject.
 * Reading a record is the engine's own (duckdb_reading.ts, databricks_reading.ts).
 */
import { rewriteForDuckDb } from "../../sql/dialect/mod.ts";
import { UsageError } from "../errors.ts";
import { sourceTables, type TableName, tableNames } from "../tables.ts";
import { text, ticked } from "../warehouse/quoting.ts";

const files = ["read", "repeats", "verdicts", "accepted"] as const;
type Texts = Record<typeof files[number], string>;

/** Whether the object of a record has one of these names, as the engine asks. */
export type HasNames = (names: readonly string[]) => string;

export interface RepeatsRead {
  /** What `read` gives of this table, with `n`. */
  landed: string;
  /** The rows that the table has from earlier on; null: none. */
  seen: string | null;
}

export interface VerdictsRead extends RepeatsRead {
  repeats: string;
  /** The repeats as the model cleans them, `n` in place of `ind`. */
  compared: string;
  /** What makes two rows equal; `seen` has these columns too. */
  columns: readonly string[];
  /** Where a row of `seen` is compared in another way: of `cleaned` and `seen`, for this engine. */
  sameAsSeen?: string;
}

export const columnNames = (table: TableName): string[] =>
  sourceTables[table].columns.map((column) => column.name);

const valueColumns = (table: TableName): string[] =>
  columnNames(table).filter((column) => column !== sourceTables[table].key);

/**
 * Reads the texts.
 * @param engine whose SQL the statements are
 * @param folder that holds `records/`; default: the project's `sql/`
 * @throws {UsageError} if one cannot be read
 */
export async function readRecordSql(
  engine: "duckdb" | "databricks",
  folder: string | URL = new URL("../../sql/", import.meta.url),
): Promise<RecordSql> {
  const texts = await Promise.all(files.map(async (file) => {
    const path = typeof folder === "string"
      ? `${folder}/records/${file}.sql`
      : new URL(`records/${file}.sql`, folder);
    const whole = await Deno.readTextFile(path).catch((cause) => {
      throw new UsageError(`Cannot read ${path}: ${(cause as Error).message}`, { cause });
    });
    const query = withoutHeader(whole);
    return [file, engine === "duckdb" ? rewriteForDuckDb(query) : query] as const;
  }));
  return new RecordSql(engine, Object.fromEntries(texts) as Texts);
}

const withoutHeader = (whole: string): string => whole.replace(/^(--.*\n|\n)+/, "").trimEnd();

export class RecordSql {
  readonly #engine: "duckdb" | "databricks";
  readonly #texts: Texts;

  /** Use `readRecordSql`. */
  constructor(engine: "duckdb" | "databricks", texts: Texts) {
    this.#engine = engine;
    this.#texts = texts;
  }

  /** Query: what `source` gives, with `landed_key` and `flaw`. */
  read(table: TableName, source: string, has: HasNames): string {
    const others = tableNames.filter((other) => other !== table).map((other) =>
      `when ${has(valueColumns(other))} then ${text(`columns of another table: ${other}`)}`
    );
    return this.#filled("read", {
      source,
      key: this.#ticked(sourceTables[table].key),
      values: valueColumns(table).map((column) => this.#ticked(column)).join(", "),
      other_table: `case when ${has(valueColumns(table))} then null ${others.join(" ")} end`,
    });
  }

  /** Query: n, first_n, landed_key and the columns as posted of all records to compare. */
  repeats(table: TableName, { landed, seen }: RepeatsRead): string {
    return this.#filled("repeats", {
      landed,
      seen: seen ?? "(select cast(null as int) as ind where 1 = 0)",
      columns: this.#columns(table),
    });
  }

  /** Query: n, verdict, reason, first_n of all records that are not cleaned. */
  verdicts({ landed, repeats, compared, seen, columns, sameAsSeen }: VerdictsRead): string {
    return this.#filled("verdicts", {
      landed,
      repeats,
      compared,
      seen: seen ?? `(select * from ${compared} as nothing where 1 = 0)`,
      same_as_first: this.#same(columns, "earliest"),
      same_as_seen: sameAsSeen ?? this.#same(columns, "seen"),
    });
  }

  /** Query: what the model reads, all records that are not set aside. */
  accepted(table: TableName, { landed, aside }: { landed: string; aside: string }): string {
    return this.#filled("accepted", { landed, aside, columns: this.#keyed(table, "landed_key") });
  }

  /** Query: what the model reads of the repeats: `n` is their key. */
  keyedByNumber(table: TableName, repeats: string): string {
    return `select ${this.#keyed(table, "n")} from ${repeats} as landed`;
  }

  #columns(table: TableName): string {
    return columnNames(table).map((column) => `landed.${this.#ticked(column)}`).join(", ");
  }

  /** The columns as posted, another one in place of the key. */
  #keyed(table: TableName, key: string): string {
    return columnNames(table).map((column) =>
      column === sourceTables[table].key
        ? this.#own(`cast(landed.${key} as string) as ${ticked(column)}`)
        : `landed.${this.#ticked(column)}`
    ).join(", ");
  }

  /** Portable SQL as this engine has it. */
  #own(sql: string): string {
    return this.#engine === "duckdb" ? rewriteForDuckDb(sql) : sql;
  }

  /** A table whose only column is the key has nothing to differ in. */
  #same(columns: readonly string[], other: string): string {
    if (columns.length === 0) return "true";
    const same = columns.map((column) => ticked(column))
      .map((column) => `cleaned.${column} <=> ${other}.${column}`);
    return this.#own(same.join(" and "));
  }

  #ticked(column: string): string {
    return this.#own(ticked(column));
  }

  #filled(file: keyof Texts, holes: Readonly<Record<string, string>>): string {
    return this.#texts[file].replaceAll(/\{(\w+)\}/g, (_, hole: string) => {
      const filling = holes[hole];
      if (filling === undefined) throw new RangeError(`No filling for {${hole}} in ${file}.sql`);
      return filling;
    });
  }
}
