/**
 * An engine for tests that stands where Databricks does: statements -> DuckDB behind the dialect,
 * objects from memory. Refuses what the linter refuses, but for the functions of Databricks that
 * the reading of landed objects needs.
 */
import type {
  Databricks,
  LargeResult,
  Result,
  StatementOptions,
} from "../../../../pipelines/clients/databricks.ts";
import type { Bucket } from "../../../../pipelines/batch/databricks/transform.ts";
import { type DuckDbWarehouse, openDuckDb } from "../../../../pipelines/warehouse/duckdb.ts";
import { lint, rewriteForDuckDb } from "../../../../sql/dialect/mod.ts";
import type { MemoryObjects } from "../landed_objects.ts";

export const uri = "s3://bucket";

/** The functions of Databricks beyond the subset, as DuckDB has them. */
const functions = [
  `create macro json_object_keys(j) as
    try(case when json_type(j) = 'OBJECT' then system.main.json_keys(j) end)`,
  "create macro arrays_overlap(a, b) as list_has_any(a, b)",
  "create table object_text (file_path varchar, value varchar)",
];

const beyondSubset =
  /posexplode|json_object_keys|from_json|arrays_overlap|read_files|=>|lateral|'drop'|_metadata/i;

export class DuckDbEngine implements Databricks {
  readonly statements: { sql: string; options: StatementOptions }[] = [];
  readonly db: DuckDbWarehouse;
  readonly bucket: Bucket;
  /** Changes what a statement would return, as a broken engine might. */
  spoil: (sql: string) => string = (sql) => sql;

  private constructor(db: DuckDbWarehouse, objects: MemoryObjects) {
    this.db = db;
    this.bucket = {
      uri,
      get: (key) => objects.get(key),
      list: (prefix) => objects.list(prefix),
    };
  }

  static async over(objects: MemoryObjects): Promise<DuckDbEngine> {
    const db = await openDuckDb();
    for (const statement of functions) await db.run(statement);
    const decoder = new TextDecoder();
    for (const [key, body] of objects.bodies) {
      const [path, value] = [`${uri}/${key}`, decoder.decode(body)].map((text) =>
        `'${text.replaceAll("'", "''")}'`
      );
      await db.run(`insert into object_text values (${path}, ${value})`);
    }
    return new DuckDbEngine(db, objects);
  }

  async run(sql: string, options: StatementOptions = {}): Promise<Result> {
    this.statements.push({ sql, options });
    const problems = lint(sql).filter(({ what }) => !beyondSubset.test(what));
    if (problems.length > 0) throw new Error(`${problems[0]?.what} in\n${sql}`);
    const rows = await this.db.rows(withObjects(rewriteForDuckDb(this.spoil(sql))));
    return { statementId: "", seconds: 0, columns: [], rowCount: rows.length, rows };
  }

  async stream(sql: string, options: StatementOptions = {}): Promise<LargeResult> {
    const { rows, ...statement } = await this.run(sql, options);
    return { ...statement, batches: batchesOf(rows) };
  }

  runFile(): Promise<never> {
    throw new TypeError("Nobody runs whole files here");
  }

  [Symbol.dispose](): void {
    this.db.close();
  }
}

/** `read_files('prefix', …)`: the texts of the objects below the prefix. */
function withObjects(sql: string): string {
  return sql.replace(
    /read_files\(('[^']*')[^)]*\)/,
    "(select struct_pack(file_path := file_path) as _metadata, value from object_text " +
      "where starts_with(file_path, $1))",
  ).replace(
    /from_json\((\w+), '([^']*)'\)/,
    (_, json: string, schema: string) => `try(json_transform(${json}, '${structureOf(schema)}'))`,
  ).replace(
    /(\w+), lateral posexplode\((.*)\) as piece\(pos, col\)/,
    "(select *, unnest(range(len($2))) as pos, unnest($2) as col from $1) as piece",
  );
}

/** "`index` string, `title` string" -> {"index":"VARCHAR","title":"VARCHAR"}. */
function structureOf(schema: string): string {
  const names = schema.matchAll(/`(\w+)` string/g);
  return JSON.stringify(Object.fromEntries(names.map(([, name = ""]) => [name, "VARCHAR"])));
}

async function* batchesOf<T>(rows: T[]): AsyncGenerator<T[]> {
  for (let at = 0; at < rows.length; at += 3) yield await Promise.resolve(rows.slice(at, at + 3));
}
