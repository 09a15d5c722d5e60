/**
 * The files of `sql/`, on both engines: a world in, what every model and audit says out.
 */
import type { DuckDbWarehouse, Row, Value } from "../../pipelines/warehouse/duckdb.ts";
import { type Model, readModels } from "../../pipelines/warehouse/models.ts";
import {
  type Column,
  duckDbType,
  rewriteForDuckDb,
  splitStatements,
} from "../../sql/dialect/mod.ts";
import type { Answer, Named, SparkSql, Table } from "./spark_sql.ts";
import type { World } from "./spark_worlds.ts";
import { quoted } from "../../pipelines/warehouse/quoting.ts";

/** What a world has of each model; by the model's name, or the audit's and its place there. */
export type Answers = Record<string, Answer>;

export class Files {
  readonly models: readonly Model[];
  /** The statements of the audits. */
  readonly audits: readonly Named[];

  private constructor(models: readonly Model[]) {
    this.models = models;
    this.audits = models.flatMap(({ audit }) =>
      splitStatements(audit?.text ?? "").map((statement, at): Named => [
        `${audit?.file ?? ""} statement ${at + 1}`,
        statement.text,
      ])
    );
  }

  static async read(): Promise<Files> {
    return new Files(await readModels(new URL("../../sql/", import.meta.url)));
  }

  /** The models that read what has landed. */
  get cleaning(): readonly Model[] {
    return this.models.filter(({ header }) =>
      header.inputs.some(({ columns }) => columns !== null)
    );
  }

  get questions(): readonly Model[] {
    return this.models.filter((model) => !this.cleaning.includes(model));
  }

  /** The columns of the table `raw_<name>`. */
  rawColumns(name: string): Column[] {
    const inputs = this.models.flatMap(({ header }) => header.inputs);
    const columns = inputs.find(({ table }) => table === `raw_${name}`)?.columns;
    if (columns === null || columns === undefined) throw new RangeError(`No columns of ${name}`);
    return columns;
  }

  rawTables(world: World): Record<string, Table> {
    const tables = Object.entries(world).map(([name, rows]): [string, Table] => [
      `raw_${name}`,
      { columns: this.rawColumns(name), rows },
    ]);
    return Object.fromEntries(tables);
  }
}

/** A query with the types that the header declares, in Databricks SQL. */
function typed({ header }: Model, query: string): string {
  const casts = header.output.map(({ name, type }) =>
    `cast(\`${name}\` as ${type}) as \`${name}\``
  );
  return `select ${casts.join(", ")} from (${query}\n)`;
}

const build = (model: Model): Named => [model.name, typed(model, model.text)];

export async function onSpark(spark: SparkSql, files: Files, world: World): Promise<Answers> {
  return await spark.models(files.rawTables(world), files.models.map(build), files.audits);
}

export async function onDuckDb(
  warehouse: DuckDbWarehouse,
  files: Files,
  world: World,
): Promise<Answers> {
  await fillAll(warehouse, files.rawTables(world));
  const found: Answers = {};
  for (const model of files.models) found[model.name] = await built(warehouse, model);
  for (const [name, sql] of files.audits) {
    const rows = await warehouse.rows(rewriteForDuckDb(sql));
    found[name] = answer(columnsOf(sql), rows);
  }
  return found;
}

async function built(warehouse: DuckDbWarehouse, model: Model): Promise<Answer> {
  const { name, text, file, header } = model;
  await warehouse.model(name, text, { as: "table", file });
  return answer(header.output, await warehouse.rows(`SELECT * FROM ${quoted(name)}`));
}

/**
 * Cleans many worlds at once, because cleaning makes a row of each row; afterwards `all_pin` and
 * the like say of each row to which world it belongs.
 */
export async function cleanOnSpark(
  spark: SparkSql,
  files: Files,
  worlds: readonly World[],
): Promise<Answers> {
  const builds = files.cleaning.map(build);
  return await spark.many(files.rawTables(joined(worlds)), builds, numbers(worlds));
}

export async function cleanOnDuckDb(
  warehouse: DuckDbWarehouse,
  files: Files,
  worlds: readonly World[],
): Promise<Answers> {
  await fillAll(warehouse, files.rawTables(joined(worlds)));
  const found: Answers = {};
  for (const model of files.cleaning) {
    found[model.name] = await built(warehouse, model);
    const list = numbers(worlds)[model.name] ?? [];
    await warehouse.run(
      `CREATE OR REPLACE TABLE ${quoted(`all_${model.name}`)} AS SELECT *,
         ([${list.join()}]::INTEGER[])[row_number() OVER ()] AS world FROM ${quoted(model.name)}`,
    );
  }
  return found;
}

/** A question asked of some worlds at once, each by itself: one query for both engines. */
export function askOfEach(files: Files, question: Model, worlds: readonly number[]): string {
  const clean = files.cleaning.map(({ name }) => name);
  return worlds.map((world) => {
    const tables = clean.map((name) =>
      `${name} as (select * except (world) from all_${name} where world = ${world})`
    );
    const names = question.header.output.map(({ name }) => `\`${name}\``).join(", ");
    return `select ${world} as world, ${names} from (with ${tables.join(", ")}\n` +
      `select * from (${typed(question, question.text)}\n))`;
  }).join("\nunion all\n");
}

function joined(worlds: readonly World[]): World {
  return {
    pin: worlds.flatMap(({ pin }) => pin),
    geo: worlds.flatMap(({ geo }) => geo),
    user: worlds.flatMap(({ user }) => user),
  };
}

/** Of each row of the joined worlds, the number of its world. */
function numbers(worlds: readonly World[]): Record<string, number[]> {
  const of = (table: keyof World) => worlds.flatMap((world, at) => world[table].map(() => at));
  return { pin: of("pin"), geo: of("geo"), user: of("user") };
}

async function fillAll(warehouse: DuckDbWarehouse, tables: Record<string, Table>): Promise<void> {
  for (const [name, { columns, rows }] of Object.entries(tables)) {
    const types = columns.map((column) => `${quoted(column.name)} ${duckDbType(column.type)}`);
    await warehouse.run(`CREATE OR REPLACE TABLE ${quoted(name)} (${types.join(", ")})`);
    if (rows.length === 0) continue;
    const values = rows.map((row) => `(${row.map(literal).join(", ")})`);
    await warehouse.run(`INSERT INTO ${quoted(name)} VALUES ${values.join(", ")}`);
  }
}

function literal(value: Value): string {
  if (value === null) return "NULL";
  return `'${String(value).replaceAll("'", "''").replaceAll("\0", "' || chr(0) || '")}'`;
}

function answer(columns: readonly Column[], rows: readonly Row[]): Answer {
  return {
    columns: columns.map(({ name, type }) => [name, type]),
    rows: rows.map((row) => Object.values(row)),
  };
}

/** An audit finds broken promises or counts warnings; see sql/clean/pin.audit.sql. */
function columnsOf(sql: string): Column[] {
  return /^\s*(--[^\n]*\n\s*)*with|'[^']*' as warning/.test(sql)
    ? [{ name: "warning", type: "string" }, { name: "value_count", type: "bigint" }]
    : [{ name: "promise", type: "string" }, { name: "witness", type: "string" }];
}
