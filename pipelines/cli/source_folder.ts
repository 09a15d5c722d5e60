/**
 * Source folder: a folder of a person's own dumps -> the file of each table, or what is missing.
 */
import { UsageError } from "../errors.ts";
import { sourceTables, tableNames } from "../tables.ts";

/** Endings that are read. */
const endings = ["parquet", "jsonl", "ndjson", "json", "csv"] as const;

/**
 * Looks for `pinterest_data.*`, `geolocation_data.*` and `user_data.*`. A table may be missing,
 * all three may not.
 * @throws {UsageError} saying which names were looked for, or which of two is one too many.
 */
export async function sourceFiles(dir: string): Promise<Record<string, string>> {
  const names = await fileNames(dir);
  const found: Record<string, string> = {};
  for (const table of tableNames) {
    const { source } = sourceTables[table];
    const [file, another] = endings.map((one) => `${source}.${one}`).filter((one) =>
      names.has(one)
    );
    if (another !== undefined) {
      throw new UsageError(`Which file is ${source} in ${dir}: ${file} or ${another}? Leave one`);
    }
    if (file !== undefined) found[source] = `${dir}/${file}`;
  }
  if (Object.keys(found).length > 0) return found;
  const wanted = tableNames.map((table) => `${sourceTables[table].source}.*`).join(", ");
  throw new UsageError(
    `No source in ${dir}: looked for ${wanted}, each as ${endings.join(", ")}`,
  );
}

async function fileNames(dir: string): Promise<Set<string>> {
  try {
    return new Set(await Array.fromAsync(Deno.readDir(dir), (entry) => entry.name));
  } catch (error) {
    throw new UsageError(`Cannot read the source folder ${dir}: ${(error as Error).message}`);
  }
}
