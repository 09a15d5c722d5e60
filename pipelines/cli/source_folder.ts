/**
 * Source folder: a folder of a person's own dumps -> the files of each table, or what is missing.
 *
 * `pinterest_data.csv` or `pin.csv`, in upper or lower case, also packed (`.gz`); or a folder of
 * part files under such a name, as Spark writes them. Only names are looked at here.
 */
import { UsageError } from "../errors.ts";
import { sourceTables, type TableName, tableNames } from "../tables.ts";
import { type GivenSource, givenSource, sqlDump } from "./given_source.ts";
import type { WorldFlags } from "./program.ts";

/** What a run reads. */
export type Source =
  | { kind: "generated"; words: string; posts: number }
  | Extract<GivenSource, { kind: "server" }>
  | Extract<GivenSource, { kind: "folder" }> & { files: SourceFiles };

/** Paths by the table's name in the source; several of one table are its parts, in order. */
export type SourceFiles = Record<string, string | string[]>;

/** Endings that are read, each also with `.gz`. */
const endings = ["parquet", "jsonl", "ndjson", "json", "csv", "tsv"] as const;

const fileName = new RegExp(`^(.+)[.](?:${endings.join("|")})(?:[.]gz)?$`);
const dumpName = /[.]sql([.]gz)?$/i;

/**
 * What `--source` says, its files found, or how many posts to generate.
 * @throws {UsageError}
 */
export async function sourceOf(
  { source, seed, without }: WorldFlags,
  posts: number,
): Promise<Source> {
  if (source === undefined) {
    return { kind: "generated", words: `generated, ${posts} posts, seed ${seed}`, posts };
  }
  const given = givenSource(source);
  return given.kind === "server"
    ? given
    : { ...given, files: await sourceFiles(given.dir, without) };
}

/**
 * Looks for the three tables, except those that are meant to be absent.
 * @throws {UsageError} naming what was looked for, what is missing, or what is one too many.
 */
export async function sourceFiles(
  dir: string,
  without: readonly TableName[] = [],
): Promise<SourceFiles> {
  const entries = await entriesOf(dir);
  const found: SourceFiles = {};
  const missing: TableName[] = [];
  for (const table of tableNames.filter((table) => !without.includes(table))) {
    const [one, another] = entries.filter((entry) => isOf(table, entry));
    const { source } = sourceTables[table];
    if (another !== undefined) {
      throw new UsageError(
        `Which one is ${source} in ${dir}: ${one?.name} or ${another.name}? Leave one`,
      );
    }
    if (one === undefined) missing.push(table);
    else found[source] = one.isDirectory ? await parts(`${dir}/${one.name}`) : `${dir}/${one.name}`;
  }
  if (missing.length > 0) throw lacking(dir, missing, entries.map(({ name }) => name));
  return found;
}

async function entriesOf(dir: string): Promise<Deno.DirEntry[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(dir));
    return entries.toSorted((a, b) => a.name < b.name ? -1 : 1);
  } catch (error) {
    throw new UsageError(`Cannot read the source folder ${dir}: ${(error as Error).message}`);
  }
}

/** A folder may also be called as the table alone. */
function isOf(table: TableName, { name, isDirectory }: Deno.DirEntry): boolean {
  const plain = name.toLowerCase();
  const stem = fileName.exec(plain)?.[1] ?? (isDirectory ? plain : undefined);
  return stem === table || stem === sourceTables[table].source;
}

/**
 * Documented: Spark writes `part-<number>-…` files; what begins with `_` or `.` (`_SUCCESS`,
 * checksums) holds no rows. A partition without rows may be an empty file.
 */
async function parts(dir: string): Promise<string[]> {
  const names = (await entriesOf(dir)).map(({ name }) => name)
    .filter((name) => name.startsWith("part-") && fileName.test(name.toLowerCase()));
  const paths: string[] = [];
  for (const name of names) {
    if ((await Deno.stat(`${dir}/${name}`)).size > 0) paths.push(`${dir}/${name}`);
  }
  if (paths.length > 0) return paths;
  throw new UsageError(
    `No rows in the folder ${dir}: looked for part-*, each as ${endings.join(", ")}`,
  );
}

function lacking(dir: string, missing: readonly TableName[], names: string[]): UsageError {
  const dump = names.find((name) => dumpName.test(name));
  if (dump !== undefined) return sqlDump(`${dir}/${dump}`);
  const wanted = missing.map((table) => `${sourceTables[table].source}.*`).join(", ");
  const short = missing.map((table) => `${table}.*`).join(", ");
  const hint = missing.length === tableNames.length
    ? ""
    : `. A table that is meant to be absent is left out with --without ${missing.join(",")}`;
  return new UsageError(
    `No ${wanted} in ${dir}: looked for each as ${endings.join(", ")}, also as ${short}, and ` +
      `packed with gzip (.gz)${hint}`,
  );
}
