/**
 * Databricks: the models of `sql/` -> notebooks and a bundle that run them on a workspace.
 *
 * The same models and names give the same files to the byte, so a difference in a deployed folder
 * is a difference in `sql/`.
 */
import { readRecordSql } from "../../record/record_sql.ts";
import { writing } from "../../results.ts";
import { tableNames } from "../../tables.ts";
import { type Models, modelsByName } from "../../warehouse/models.ts";
import { batchNotebook, cleanNotebook, questionsNotebook } from "./batch_notebook.ts";
import { bundleFile, notebookPaths } from "./bundle.ts";
import { streamNotebook } from "./stream_notebook.ts";

export { bundleFile, notebookPaths } from "./bundle.ts";

export interface DatabricksOptions {
  id: string;
  bucket: string;
  region: string;
  /** Default: the project's `sql/`. */
  models?: Models;
}

/** Every file by its path below the bundle's folder. */
export async function databricksFiles(options: DatabricksOptions): Promise<Map<string, string>> {
  const records = await readRecordSql("databricks");
  const parts = { ...options, records, models: options.models ?? await modelsByName() };
  return new Map([
    ["databricks.yml", bundleFile(parts)],
    [notebookPaths.batch, batchNotebook(parts)],
    ...tableNames.map((table) =>
      [notebookPaths.clean(table), cleanNotebook(table, parts)] as const
    ),
    [notebookPaths.questions, questionsNotebook(parts)],
    [notebookPaths.stream, streamNotebook(parts)],
  ]);
}

/**
 * Writes them; what a person changed in them is gone.
 * @throws {UsageError} the folder cannot be written
 */
export async function writeDatabricksFiles(
  outDir: string,
  options: DatabricksOptions,
): Promise<string[]> {
  const files = await databricksFiles(options);
  return await writing(outDir, async () => {
    await Deno.mkdir(`${outDir}/notebooks`, { recursive: true });
    const paths = [...files.keys()].map((path) => `${outDir}/${path}`);
    for (const [path, text] of files) await Deno.writeTextFile(`${outDir}/${path}`, text);
    return paths;
  });
}
