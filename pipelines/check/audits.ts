/** Audits: promises about the rows of a model -> those that are broken, with keys of the rows. */
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import type { AuditFinding, Problem, Project } from "./types.ts";

/** Makes every source table from its sample and every model from those; once per database. */
export function buildSamples(_db: DuckDbWarehouse, project: Project): Promise<Problem[]> {
  throw new TypeError(`Cannot build the samples of ${project.folder} yet`);
}

/** Over the tables that stand in the database under the names of the models. */
export function auditModel(
  _db: DuckDbWarehouse,
  _project: Project,
  model: string,
): Promise<{ findings: AuditFinding[]; problems: Problem[] }> {
  throw new TypeError(`Cannot audit ${model} yet`);
}
