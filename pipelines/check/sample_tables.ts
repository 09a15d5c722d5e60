/**
 * Sample tables: the models over the samples, as tables that audits read, kept between checks.
 *
 * They stand under their own names, in a place of their own: no test case can read one by mistake.
 * What has not changed since it was built, and reads nothing that has, is not built again.
 */
import { createHash } from "node:crypto";
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import { buildSamples } from "./audits.ts";
import { upstreamOf } from "./select.ts";
import type { Problem, Project } from "./types.ts";

export class SampleTables {
  readonly session: DuckDbWarehouse;
  /** What each table was built of. */
  #built = new Map<string, string>();

  private constructor(session: DuckDbWarehouse) {
    this.session = session;
  }

  static async open(database: DuckDbWarehouse): Promise<SampleTables> {
    const session = await database.session();
    await session.run("ATTACH ':memory:' AS audited; SET search_path = 'audited.main,memory.main'");
    return new SampleTables(session);
  }

  /** The tables of these models, and of those they read. */
  async build(project: Project, models: readonly string[]): Promise<Problem[]> {
    const needed = new Set(models.flatMap((name) => [...upstreamOf(project, name), name]));
    const contents = contentsOf(project);
    const stale = new Set(
      [...needed].filter((name) => this.#built.get(name) !== contents.get(name)),
    );
    if (stale.size === 0) return [];
    const problems = await buildSamples(this.session, project, stale);
    for (const name of stale) {
      // After a problem nothing is known of what stands there.
      if (problems.length > 0) this.#built.delete(name);
      else this.#built.set(name, contents.get(name) ?? "");
    }
    return problems;
  }
}

/** What each model is made of: its text, and what the tables that it reads are made of. */
function contentsOf(project: Project): Map<string, string> {
  const contents = new Map<string, string>();
  for (const [table, columns] of project.sources) {
    contents.set(table, `${JSON.stringify(columns)}${text(project.samples.get(table))}`);
  }
  // Each stands after those it reads.
  for (const { name, text: sql, header } of project.models.values()) {
    const inputs = header.inputs.map(({ table }) => contents.get(table) ?? "");
    contents.set(name, digest([sql, ...inputs].join("\0")));
  }
  return contents;
}

function text(value: unknown): string {
  return digest(
    JSON.stringify(value, (_, inner) => typeof inner === "bigint" ? `${inner}n` : inner) ?? "",
  );
}

/** Keeps texts of texts short. */
function digest(content: string): string {
  return createHash("sha256").update(content).digest("base64");
}
