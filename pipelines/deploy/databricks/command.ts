/**
 * The command `notebooks`: flags and settings -> the files for a Databricks workspace, written.
 *
 *   in    `--id`, `--bucket`, `--region`, or the settings of the same meaning
 *   out   the folder of a bundle; what was written, in words or as JSON
 */
import type { NotebooksFlags } from "../../cli/program.ts";
import { inPlace, type Settings } from "../../settings.ts";
import { type Names, readNames } from "../../target.ts";
import { writeDatabricksFiles } from "./mod.ts";

/**
 * Names for the files; flags go before settings.
 * @param idOfSeed the prefix that the simulator would use
 * @throws {UsageError} one line for each name that cannot be one
 */
export function namesOf(
  flags: Pick<NotebooksFlags, "id" | "bucket" | "region">,
  settings: Settings,
  idOfSeed: () => string,
): Names {
  return readNames({ ...settings, ...inPlace(flags) }, idOfSeed);
}

/** Writes the files; returns what to print. */
export async function notebooksCommand(flags: NotebooksFlags, names: Names): Promise<string> {
  const files = await writeDatabricksFiles(flags.out, names);
  if (flags.json) return JSON.stringify({ ...names, files });
  return [
    ...files,
    "",
    `Next: cd ${flags.out} && databricks bundle validate --var warehouse_id=<id>`,
  ].join("\n");
}
