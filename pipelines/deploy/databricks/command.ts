/**
 * The command `notebooks`: flags and settings -> the files for a Databricks workspace, written.
 *
 *   in    `--id`, `--bucket`, `--region`, or the settings of the same meaning
 *   out   the folder of a bundle; what was written, in words or as JSON
 */
import type { NotebooksFlags } from "../../cli/program.ts";
import { UsageError } from "../../errors.ts";
import type { Settings } from "../../target.ts";
import { type DatabricksOptions, writeDatabricksFiles } from "./mod.ts";

type Names = Pick<DatabricksOptions, "id" | "bucket" | "region">;

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
  const id = flags.id ?? (settings.PIPELINE_ID || idOfSeed());
  const bucket = flags.bucket ?? (settings.S3_BUCKET || `user-${id}-bucket`);
  const region = flags.region ?? (settings.AWS_REGION || "us-east-1");
  const problems = [
    ...problem("The id", id, /^[0-9a-f]{12}$/, "must be twelve hex digits"),
    ...problem(
      "The bucket",
      bucket,
      /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
      "must be 3 to 63 of small letters, digits, points and hyphens",
    ),
    ...problem("The region", region, /^[a-z0-9-]+$/, "must look like us-east-1"),
  ];
  if (problems.length > 0) throw new UsageError(problems.join("\n"));
  return { id, bucket, region };
}

function problem(what: string, value: string, form: RegExp, must: string): string[] {
  return form.test(value) ? [] : [`${what} is '${value}': ${must}`];
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
