/**
 * State folder: what a run keeps between two starts (ledger, what it was asked), and the check
 * that the second start asks for the same.
 *
 * A folder belongs to one id, one source and one order of posts: going on with another would
 * make a proof that means nothing.
 */
import { RunError, UsageError } from "./errors.ts";
import { perTable, type TableName, tableNames } from "./tables.ts";

/** What must not change between two starts on one folder, each under the name people know. */
export type RunIdentity = Readonly<Record<string, string | number>>;

/** Grows with each change that another version would misread. */
const formatNow = 1;

/**
 * Whether a run may go on in this folder, if there is one; writes nothing.
 * @throws {UsageError} naming what differs.
 */
export async function checkStateFolder(dir: string, identity: RunIdentity): Promise<void> {
  const before = await readRun(dir);
  for (const key of before === null ? [] : Object.keys(identity)) {
    if (before?.[key] === identity[key]) continue;
    throw new UsageError(
      `The folder ${dir} holds a run with ${key} '${before?.[key]}', this one has ` +
        `'${identity[key]}': give the same flags again, or another --data folder`,
    );
  }
}

/**
 * Makes the folder, or checks that it was made for the same run.
 * @throws {UsageError} naming what differs.
 */
export async function claimStateFolder(dir: string, identity: RunIdentity): Promise<void> {
  await checkStateFolder(dir, identity);
  // Before format 1 the file was the same but for its number.
  if ((await readRun(dir))?.format === formatNow) return;
  await makeFolder(dir);
  await writeJson(runFile(dir), { format: formatNow, ...identity });
}

async function readRun(dir: string): Promise<RunIdentity | null> {
  const run = await readJson<RunIdentity>(runFile(dir));
  if (Number(run?.format ?? 0) <= formatNow) return run;
  throw new UsageError(
    `The folder ${dir} has format ${run?.format}, and this program knows up to ${formatNow}: use ` +
      "the newer version that made it, or another --data folder",
  );
}

function runFile(dir: string): string {
  return `${dir}/run.json`;
}

/**
 * Takes away what a run kept, if a run kept something there.
 * @throws {UsageError} if the folder holds something else.
 */
export async function emptyStateFolder(dir: string): Promise<void> {
  try {
    const names = await Array.fromAsync(Deno.readDir(dir), ({ name }) => name);
    if (names.length > 0 && !names.includes("run.json")) {
      throw new UsageError(`The folder ${dir} holds other files: name another one with --out`);
    }
    await Deno.remove(dir, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function readJson<T>(path: string): Promise<T | null> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new UsageError(`Cannot read ${path}: ${(error as Error).message}`);
  }
}

/** The file is whole or not there. */
async function writeJson(path: string, value: unknown): Promise<void> {
  try {
    await Deno.writeTextFile(`${path}.new`, JSON.stringify(value, null, 2) + "\n");
    await Deno.rename(`${path}.new`, path);
  } catch (error) {
    throw new RunError(`Cannot write ${path}: ${(error as Error).message}`);
  }
}

/**
 * Remembers how many rows of each table were read for a ledger's folder: the most that any run
 * has read, because a run with fewer `--rows` does not unread what an earlier one read.
 */
export async function rememberSource(dir: string, read: Record<TableName, number>): Promise<void> {
  const before = await sourceOf([dir]);
  await writeJson(`${dir}/source.json`, perTable((table) => Math.max(read[table], before[table])));
}

/** Rows of the source that were read for all of these folders together. */
export async function sourceOf(dirs: readonly string[]): Promise<Record<TableName, number>> {
  const sums = perTable(() => 0);
  for (const dir of dirs) {
    const read = await readJson<Record<TableName, number>>(`${dir}/source.json`);
    for (const table of tableNames) sums[table] += read?.[table] ?? 0;
  }
  return sums;
}

/** Makes a folder and proves that it can be written to. */
export async function makeFolder(dir: string): Promise<void> {
  try {
    await Deno.mkdir(dir, { recursive: true });
    const probe = `${dir}/.writable`;
    await Deno.writeTextFile(probe, "");
    await Deno.remove(probe);
  } catch (error) {
    throw new UsageError(`Cannot write to the folder ${dir}: ${(error as Error).message}`);
  }
}
